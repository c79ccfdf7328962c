// Opens a page of the shop in Chromium and has it send.
import { chromium } from 'playwright-core'
import { lines } from './lines.mjs'

const [page_url, chromium_path] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath: chromium_path, args: ['--no-sandbox'] })
const page = await browser.newPage()
if (process.env.SDK_LOG) page.on('console', (said) => console.error(said.text()))
page.on('pageerror', (error) => console.error(error))
await page.goto(page_url)
await lines({ send: (rounds) => page.evaluate((n) => window.send(n), rounds), close: () => browser.close() })
