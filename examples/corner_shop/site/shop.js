// What the shop itself does: language, basket, consent. The slots are filled by /parcours.js.
(function () {
  'use strict'
  var PRODUCTS = [
    ['THE-01', 'Thé vert Sencha 100 g', 'Comptoir Œillet', 1055, 'tea'], ['THE-02', 'Thé noir Earl Grey 100 g', 'Comptoir Œillet', 844, 'tea'],
    ['CAF-01', 'Café Éthiopie 250 g', 'Brûlerie du Nord', 1266, 'cup'], ['CON-01', 'Confiture de mirabelles', 'Tante Lucie', 633, 'jar'],
    ['CHO-01', 'Chocolat noir 70 %', 'Tante Lucie', 422, 'box'], ['SAV-01', 'Savon de Marseille', 'Maison Œillet', 600, 'soap'],
    ['CRE-01', 'Crème mains karité', 'Maison Œillet', 1800, 'soap'], ['BOU-01', 'Bougie figuier', 'Lueurs', 2400, 'candle'],
    ['BOU-02', 'Bougie ambre', 'Lueurs', 3600, 'candle'], ['TAS-01', 'Tasse en grès', 'Grès du Nord', 1500, 'cup'],
    ['SAC-01', 'Sac en toile', 'Maison Œillet', 1200, 'bag'], ['PLA-01', 'Plaid en laine', 'Filature Roux', 6000, 'box'],
    ['COF-01', 'Coffret découverte', 'Comptoir Œillet', 4800, 'box'], ['PEL-01', 'Peluche renard', 'Petits Bois', 3000, 'fox'],
    ['LIV-01', 'Le livre de recettes', 'Éditions du Coin', 2110, 'book']
  ].map(function (each) { return { id: each[0], name: each[1], brand: each[2], price: each[3], picture: 'pictures/' + each[4] + '.svg' } })
  var asked = new URLSearchParams(location.search)
  var language = asked.get('language') === 'fr' ? 'fr' : 'en'
  document.documentElement.lang = language

  function product(id) { return PRODUCTS.find(function (each) { return each.id === id }) }
  function money(minor) { return new Intl.NumberFormat(language, { style: 'currency', currency: 'EUR' }).format(minor / 100) }
  function basket() { return JSON.parse(sessionStorage.getItem('basket') || '[]') }
  function total() { return basket().reduce(function (sum, id) { return sum + product(id).price }, 0) }
  function said() { return sessionStorage.getItem('consent') }

  // What decisions may know beside what the script sees.
  window.parcoursContext = function () {
    var here = { cart_items: basket().length, cart_value: total() }
    if (asked.get('weather')) here.weather = asked.get('weather')
    if (asked.get('id')) here.viewed_product = asked.get('id')
    return here
  }
  if (said() === 'yes') window.parcours = [['consent', { personalisation: true, marketing: true }]]

  // The catalogue has neither pages nor pictures: the shop knows them.
  document.addEventListener('parcours:decision', function (event) {
    event.detail.items.forEach(function (item) {
      var own = item.article && product(item.article.product_id)
      if (own) Object.assign(item.article, { url: 'product.html?id=' + own.id + '&language=' + language, image: own.picture })
    })
  })

  document.addEventListener('DOMContentLoaded', function () {
    var other = document.getElementById('other'), ask = document.getElementById('ask'), one = product(asked.get('id'))
    if (language === 'fr') { other.textContent = 'English'; other.href = '?language=en'; other.hreflang = 'en' }
    other.search = new URLSearchParams(Object.assign(Object.fromEntries(asked), { language: language === 'fr' ? 'en' : 'fr' })).toString()
    document.querySelectorAll('header a:not(#other)').forEach(function (link) { link.search = 'language=' + language })
    document.getElementById('count').textContent = basket().length
    ask.hidden = said() !== null
    ask.addEventListener('click', function (event) {
      var button = event.target.closest('[data-said]')
      if (!button) return
      sessionStorage.setItem('consent', button.dataset.said)
      ask.hidden = true
      var yes = button.dataset.said === 'yes'
      window.parcours.consent({ personalisation: yes, marketing: yes })
    })
    if (one && document.getElementById('add')) show(one)
    if (document.getElementById('lines')) lines()
  })

  function show(one) {
    document.getElementById('picture').src = one.picture
    document.getElementById('name').textContent = one.name
    document.getElementById('brand').textContent = one.brand
    document.getElementById('price').textContent = money(one.price)
    window.parcours.track('Product Viewed', { product_id: one.id, name: one.name, brand: one.brand, price: one.price / 100 })
    document.getElementById('add').addEventListener('click', function () {
      sessionStorage.setItem('basket', JSON.stringify(basket().concat(one.id)))
      document.getElementById('count').textContent = basket().length
      window.parcours.track('Product Added', { product_id: one.id, brand: one.brand, price: one.price / 100, quantity: 1 })
    })
  }

  function lines() {
    basket().map(product).forEach(function (one) {
      var line = document.createElement('li'), price = document.createElement('span')
      line.textContent = one.name
      price.textContent = money(one.price)
      line.append(price)
      document.getElementById('lines').append(line)
    })
    document.getElementById('total').textContent = money(total())
  }
})()
