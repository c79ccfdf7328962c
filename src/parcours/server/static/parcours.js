/* Parcours in a page: asks once what stands in its slots, fills them, tells what was seen and clicked.
   <script src="https://data.shop.example/parcours.js" data-key="..."></script>   docs/how-to/slots-in-a-page.md */
(function (w, d) {
  'use strict'
  var ID = 'parcours_id', WAIT = 'parcours-wait', LONGEST = 5000
  var script = d.currentScript || {}, set = script.dataset || {}
  var begun = Date.now(), patience = Math.min(Number(set.wait) || 300, 300)
  var host = set.host || String(script.src || '').replace(/\/parcours\.js.*$/, '')
  var before = Array.isArray(w.parcours) ? w.parcours : []
  var agreed = set.consent === 'granted' ? { personalisation: true, marketing: true } : {}
  var user, held, root = d.documentElement, key = set.key || w.PARCOURS_KEY
  var shown = {} // by slot: what this page view has shown

  // Nothing that goes wrong here may be seen in the page.
  function safely(act) {
    return function () {
      try { return act.apply(null, arguments) } catch (_) { return undefined }
    }
  }

  function may() { return agreed.personalisation === true }

  // -- who: only after consent

  function kept(name) {
    try {
      var cookie = d.cookie.match('(?:^|; )' + name + '=([^;]*)')
      var found = (cookie && decodeURIComponent(cookie[1])) || w.localStorage.getItem(name)
      return found ? String(found).replace(/^"|"$/g, '') : undefined
    } catch (_) { return undefined }
  }

  function made() {
    if (w.crypto.randomUUID) return w.crypto.randomUUID()
    return Array.from(w.crypto.getRandomValues(new Uint8Array(16)), function (n) { return (n + 256).toString(16).slice(1) }).join('')
  }

  function browser() {
    held = kept('ajs_anonymous_id') || kept(ID) || held || made()
    try { if (!kept('ajs_anonymous_id')) w.localStorage.setItem(ID, held) } catch (_) { /* a browser that keeps nothing */ }
    return held
  }

  function who(body) {
    if (may()) {
      body.anonymousId = browser()
      if (user || (user = kept('ajs_user_id'))) body.userId = user
    }
    return body
  }

  // -- where: what the page and its address say

  function here(own) {
    var asked = new URLSearchParams(w.location.search), from = '', hook = w.parcoursContext
    try { from = new URL(d.referrer).host } catch (_) { /* nobody sent them */ }
    var known = {
      page: set.page || w.location.pathname,
      device: w.innerWidth < 768 ? 'mobile' : w.innerWidth < 1100 ? 'tablet' : 'desktop',
      traffic_source: asked.get('utm_source') || (from !== w.location.host && from) || undefined,
      campaign: asked.get('utm_campaign') || undefined,
      language: language()
    }
    if (typeof hook === 'function') hook = safely(hook)()
    return Object.assign(known, hook, own)
  }

  function language() { return set.language || (root.lang || 'en').slice(0, 2) }

  // -- asking and telling

  function decide(slots, own) {
    var body = who({ writeKey: key, slots: slots, context: here(own), consent: { personalisation: may() }, exclude: {} })
    slots.forEach(function (slot) { if (shown[slot]) body.exclude[slot] = shown[slot].slice(-1000) })
    var over = w.AbortController ? new AbortController() : { abort: function () {} }
    var clock = setTimeout(function () { over.abort() }, LONGEST)
    // text/plain: a browser asks for leave before it sends anything else to another site, and that takes time
    return fetch(host + '/v1/decide', { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'text/plain' },
      credentials: 'omit', signal: over.signal }).then(function (answer) {
      return answer.ok ? answer.json() : {}
    }).then(function (told) { return told.decisions.filter(told_well) }).catch(function () { return [] }).then(function (decisions) {
      clearTimeout(clock)
      decisions.forEach(safely(noted))
      return decisions
    })
  }

  function told_well(one) {
    return one && typeof one.slot === 'string' && one.items.every(function (item) { return item && item.key })
  }

  function noted(one) {
    shown[one.slot] = (shown[one.slot] || []).concat(one.items.map(function (item) { return item.key }))
    if (may() && w.dataLayer && w.dataLayer.push) {
      w.dataLayer.push({ event: 'parcours_decision', parcours_slot: one.slot, parcours_decision_id: one.decision_id,
        parcours_how: one.how, parcours_keys: one.items.map(function (item) { return item.key }).join(',') })
    }
  }

  function tell(kind, body) {
    var asked = new URLSearchParams(w.location.search)
    body.writeKey = key
    body.messageId = made()
    body.timestamp = body.sentAt = new Date().toISOString()
    body.context = {
      page: { url: w.location.href, path: w.location.pathname, referrer: d.referrer, title: d.title },
      campaign: { source: asked.get('utm_source') || undefined, medium: asked.get('utm_medium') || undefined, name: asked.get('utm_campaign') || undefined },
      consent: { categoryPreferences: agreed }, library: { name: 'parcours.js' }
    }
    var text = JSON.stringify(body), to = host + '/v1/' + kind
    if (!(w.navigator.sendBeacon && w.navigator.sendBeacon(to, new Blob([text], { type: 'text/plain' })))) {
      fetch(to, { method: 'POST', body: text, keepalive: true, credentials: 'omit' }).catch(function () {})
    }
  }

  function track(event, properties) { if (may()) tell('track', who({ event: String(event), properties: properties || {} })) }

  function identify(id, traits) {
    user = id || user
    if (may()) tell('identify', who({ traits: traits || {} }))
  }

  function consent(said) {
    var was = may()
    agreed = { personalisation: said.personalisation === true, marketing: said.marketing === true }
    if (was && !may()) { // the last that is told of them
      tell('track', { event: 'Segment Consent Preference Updated', anonymousId: browser(), userId: user, properties: {} })
      try { w.localStorage.removeItem(ID) } catch (_) { /* nothing was kept */ }
      held = user = undefined
    }
  }

  // -- filling: only text, and only links that lead to pages

  function value(item, name) {
    var found = [item.content, item.article, item].map(function (part) { return part ? part[name] : undefined })
      .find(function (each) { return each !== undefined && each !== null && typeof each !== 'object' })
    var currency = (item.article || item.content || {}).currency
    if (name !== 'price' || typeof found !== 'number' || !currency) return found
    var money = new Intl.NumberFormat(language(), { style: 'currency', currency: currency })
    return money.format(found / Math.pow(10, money.resolvedOptions().maximumFractionDigits))
  }

  function address(text) {
    try {
      var found = new URL(String(text), d.baseURI)
      return /^https?:$/.test(found.protocol) ? found.href : undefined
    } catch (_) { return undefined }
  }

  var WRITES = {
    text: function (at, found) { at.textContent = found },
    alt: function (at, found) { at.alt = found },
    href: function (at, found) { at.href = found },
    src: function (at, found) { at.src = found }
  }

  function drawn(template, item) {
    var made = template.content.cloneNode(true)
    Object.keys(WRITES).forEach(function (what) {
      made.querySelectorAll('[data-parcours-' + what + ']').forEach(function (at) {
        var found = value(item, at.getAttribute('data-parcours-' + what))
        if (found !== undefined && (what === 'href' || what === 'src')) found = address(found)
        if (found !== undefined && found !== '') WRITES[what](at, found)
        else if (what === 'href') at.removeAttribute('href')
        else if (what !== 'alt') at.remove()
      })
    })
    return Array.from(made.children)
  }

  function empty(place) { return !Array.from(place.children).some(function (each) { return each.tagName !== 'TEMPLATE' }) }

  function fill(place, one, more) {
    var template = place.querySelector('template'), there = {}, added = []
    place.dispatchEvent(new CustomEvent('parcours:decision', { bubbles: true, detail: one }))
    if (!template || !one.items.length) return added
    if (!more) Array.from(place.childNodes).forEach(function (each) { if (each !== template) each.remove() })
    place.querySelectorAll('[data-parcours-key]').forEach(function (each) { there[each.getAttribute('data-parcours-key')] = true })
    one.items.forEach(function (item) {
      if (there[item.key]) return
      there[item.key] = true
      drawn(template, item).forEach(function (each) {
        each.setAttribute('data-parcours-key', item.key)
        each.addEventListener('click', safely(function () {
          track('Decision Clicked', { decision_id: one.decision_id, slot: one.slot, key: item.key })
        }))
        added.push(place.appendChild(each))
      })
    })
    seen(one, added)
    return added
  }

  // -- seen: half of it (or half the window full of it) for a second

  function seen(one, elements) {
    if (!w.IntersectionObserver) return
    var clocks = new Map()
    var eye = new IntersectionObserver(safely(function (entries) {
      entries.forEach(function (each) {
        clearTimeout(clocks.get(each.target))
        if (each.intersectionRatio < 0.5 && each.intersectionRect.height < w.innerHeight / 2) return
        clocks.set(each.target, setTimeout(safely(function () {
          eye.disconnect()
          clocks.forEach(function (clock) { clearTimeout(clock) })
          track('Decision Shown', { decision_id: one.decision_id, slot: one.slot })
        }), 1000))
      })
    }), { threshold: [0, 0.25, 0.5, 0.75, 1] })
    elements.forEach(function (each) { eye.observe(each) })
  }

  // -- a feed: asks again when its end comes near, until there is nothing new

  function follow(place, slot, last) {
    if (!last || !w.IntersectionObserver || !place.hasAttribute('data-parcours-more')) return
    var eye = new IntersectionObserver(safely(function (entries) {
      if (!entries.some(function (each) { return each.isIntersecting })) return
      eye.disconnect()
      decide([slot]).then(safely(function (decisions) {
        if (decisions[0]) follow(place, slot, fill(place, decisions[0], true).pop())
      }))
    }), { rootMargin: '0px 0px 600px 0px' })
    eye.observe(last)
  }

  // -- the page

  function show() { root.classList.remove(WAIT) }

  function place(decisions) {
    var late = Date.now() - begun > patience
    decisions.forEach(safely(function (one) {
      d.querySelectorAll('[data-parcours-slot="' + one.slot + '"]').forEach(function (at) {
        if (!late || empty(at)) follow(at, one.slot, fill(at, one).pop())
      })
    }))
    show()
  }

  function whole(act) { if (d.readyState === 'loading') d.addEventListener('DOMContentLoaded', safely(act)); else act() }

  function start() {
    var named = set.slots ? set.slots.split(/[\s,]+/).filter(Boolean) : null
    if (named) decide(named).then(function (found) { whole(function () { place(found) }) })
    else {
      whole(function () {
        var slots = new Set(Array.from(d.querySelectorAll('[data-parcours-slot]'), function (at) { return at.getAttribute('data-parcours-slot') }))
        if (slots.size) decide(Array.from(slots).slice(0, 20)).then(safely(place))
        else show()
      })
    }
  }

  // A questionnaire knows the visitor by their id, told when they follow its link.
  d.addEventListener('click', safely(function (event) {
    var link = event.target.closest('a[data-parcours-questionnaire]')
    if (!link || !may()) return
    var to = new URL(link.href)
    to.searchParams.set('visitor', browser())
    link.href = to.href
  }), true)

  var api = {
    decide: function (slots, own) { return Promise.resolve(safely(decide)([].concat(slots), own)).then(function (found) { return found || [] }) },
    consent: safely(function (said) { consent(said || {}) }),
    track: safely(track),
    identify: safely(identify)
  }
  w.parcours = api
  before.forEach(safely(function (call) { api[call[0]].apply(null, call.slice(1)) }))
  if (d.readyState === 'loading' && set.slots !== '') { // what was painted already is not hidden again
    var style = d.createElement('style')
    style.textContent = '.' + WAIT + ' [data-parcours-slot]{visibility:hidden}'
    if (script.nonce) style.nonce = script.nonce
    d.head.appendChild(style)
    root.classList.add(WAIT)
    setTimeout(show, patience)
  }
  safely(start)()
})(window, document)
