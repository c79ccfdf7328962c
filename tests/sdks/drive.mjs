// Drives a page in Chromium: each line of standard input is an expression of JavaScript over `page` and `context`, its value is answered.
import readline from 'node:readline'
import { chromium } from 'playwright-core'

const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox'] })
const open = () => browser.newContext({ viewport: { width: 1100, height: 760 } })
let context = await open()
let page = await context.newPage()
const errors = []
const watch = () => page.on('pageerror', (error) => errors.push(String(error)))
watch()
async function fresh() {
  await context.close()
  context = await open()
  page = await context.newPage()
  errors.length = 0
  watch()
}
// A page for which no time passes is never too late, however busy the machine is; timers go on.
const patient = () => page.clock.setFixedTime(new Date())
console.log('"ready"')
for await (const line of readline.createInterface({ input: process.stdin })) {
  try {
    const said = await eval(`(async () => (${JSON.parse(line)}))()`)
    console.log(JSON.stringify({ said: said ?? null }))
  } catch (error) {
    console.log(JSON.stringify({ wrong: String(error) }))
  }
}
await browser.close()
