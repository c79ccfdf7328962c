// Sends with @segment/analytics-node.
import { Analytics } from '@segment/analytics-node'
import { lines } from './lines.mjs'

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, flushAt: 4, flushInterval: 200, maxRetries: 10 })
analytics.on('error', (error) => console.error(error))
const who = { userId: 'u1', anonymousId: 'a1' }

async function send(rounds) {
  for (let n = 0; n < rounds; n++) {
    analytics.identify({ ...who, traits: { email: 'ana@example.com', n } })
    analytics.track({ ...who, event: 'Product Viewed', properties: { product_id: 'tea', n } })
    analytics.page({ ...who, name: 'Home', properties: { n } })
    analytics.screen({ ...who, name: 'Home', properties: { n } })
    analytics.group({ ...who, groupId: 'club', traits: { n } })
    analytics.alias({ userId: 'u1', previousId: 'a1' })
  }
  return { identify: rounds, track: rounds, page: rounds, screen: rounds, group: rounds, alias: rounds }
}

await lines({ send, close: () => analytics.closeAndFlush() })
