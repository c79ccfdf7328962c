// Speaks with the test by lines: "send N" sends N rounds of calls and says how many of each kind; the end of input ends.
import { createInterface } from 'node:readline'

export async function lines({ send, close }) {
  console.log('ready')
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await send(Number(line.split(' ')[1]))))
  }
  await close()
}
