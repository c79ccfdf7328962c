-- name: first_names
-- Some first names.
SET VARIABLE first_names = string_split('Camille Louise Jade Emma Alice Chloé Inès Léa Manon Zoé Sarah Juliette Anna Lucie Nadia Agnès Monique'
    || ' Sophie Claire Julie Gabriel Léo Raphaël Louis Arthur Jules Hugo Adam Lucas Paul Nathan Karim Amadou'
    || ' Étienne Thomas Marc Jean François Michel Yann Olivier Hervé Rachid Marius', ' ')

-- name: last_names
-- Some last names.
SET VARIABLE last_names = string_split('Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy'
    || ' Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller'
    || ' Lefevre Faure Andre Mercier Blanc Guerin Boyer Garnier Chevalier Francois Legrand Gauthier Garcia'
    || ' Perrin Robin Clement Morin Nicolas Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont'
    || ' Marie Lemaire Noel Meyer Dufour Meunier Brun Blanchard Giraud Joly Riviere Lucas Brunet Gaillard'
    || ' Barbier Arnaud Martinez Gerard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre'
    || ' Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benali Haddad Diallo Traore'
    || ' Rossi Schneider Nguyen Da-Silva', ' ')

-- name: endings
-- Endings that make many last names out of some: a country has more names than a list.
SET VARIABLE endings = string_split(',,,et,eau,ier,ot,in,aud,ard,elle,oux,ois,ain,on,ac,iol,ou,ez,ic', ',')

-- name: streets
-- Kinds of streets; each is named after somebody.
SET VARIABLE streets = string_split('rue,rue,rue,avenue,boulevard,place,chemin,allée,impasse,quai,cours,route', ',')

-- name: chance
-- A number between 0 and 1 that depends only on its arguments and the seed: the same shop on every machine.
CREATE OR REPLACE TEMP MACRO chance(thing, question) AS
    (hash(thing, question, getvariable('seed')) >> 11)::DOUBLE / 9007199254740992.0

-- name: skewed
-- An exponential draw of mean 1: with a geometric count on top it gives the gamma-Poisson purchase rates of retail.
CREATE OR REPLACE TEMP MACRO skewed(thing, question) AS -ln(1.0 - chance(thing, question))

-- name: one_of
-- One word of a list.
CREATE OR REPLACE TEMP MACRO one_of(words, thing, question) AS
    getvariable(words)[1 + floor(chance(thing, question) * len(getvariable(words)))::BIGINT]

-- name: euros
-- An amount of cents as a French till writes it: 12,50.
CREATE OR REPLACE TEMP MACRO euros(cents) AS
    CASE WHEN cents < 0 THEN '-' ELSE '' END || (abs(cents) // 100) || ',' || lpad((abs(cents) % 100)::VARCHAR, 2, '0')

-- name: products
-- Thirty families of four hundred articles; the first ones of a family sell most.
CREATE OR REPLACE TEMP TABLE products AS
SELECT
    i AS product,
    'A' || lpad(i::VARCHAR, 6, '0') AS sku,
    i // 400 AS family,
    100 + floor(skewed(i, 'price') * 1800)::BIGINT AS price,
    CASE WHEN (i // 400) % 3 = 0 THEN 550 ELSE 2000 END AS tax_rate
FROM range(30 * 400) AS t(i)

-- name: customers
-- Everyone who buys: who holds a card, who has an account, how often they come, what they like, when they came and left.
CREATE OR REPLACE TEMP TABLE customers AS
SELECT
    i AS customer,
    chance(i, 'card') < 0.78 AS has_card,
    chance(i, 'account') < 0.5 AS has_account,
    chance(i, 'optin') < 0.6 AS has_optin,
    'C' || lpad((i * 7 + 10000000)::VARCHAR, 9, '0') AS card,
    'u' || i AS login,
    CASE WHEN chance(i, 'double') < 0.05 THEN 'Jean-' WHEN chance(i, 'double') < 0.1 THEN 'Anne-' ELSE '' END
        || one_of('first_names', i, 'first') AS first_name,
    one_of('last_names', i, 'last') || one_of('endings', i, 'ending') AS last_name,
    '06' || lpad((hash(i, 'phone') % 100000000)::VARCHAR, 8, '0') AS phone,
    DATE '1940-01-01' + floor(chance(i, 'born') * 24000)::INTEGER AS born,
    (1 + hash(i, 'number') % 120)::VARCHAR AS street_number,
    one_of('streets', i, 'street') || ' ' || one_of('last_names', i, 'after') || one_of('endings', i, 'whom') AS street,
    lpad((1 + hash(i, 'postcode') % 95)::VARCHAR, 2, '0') || lpad((hash(i, 'commune') % 99)::VARCHAR, 3, '0') AS postcode,
    (hash(i, 'store') % 200)::BIGINT AS store,
    floor(chance(i, 'love') * 30)::BIGINT AS first_family,
    floor(chance(i, 'like') * 30)::BIGINT AS second_family,
    chance(i, 'web') * chance(i, 'web too') AS web_share,
    floor(chance(i, 'start') * 700)::BIGINT AS start_day,
    1 + floor(skewed(i, 'life') * 450)::BIGINT AS life,
    1 + floor(skewed(i, 'rate') * 5.5)::BIGINT AS orders
FROM range(getvariable('customers')) AS t(i)

-- name: history
-- Every purchase of the two years of history.
CREATE OR REPLACE TEMP VIEW purchases AS
SELECT
    customer * 1000 + k AS number,
    c.*,
    start_day + floor(chance(customer * 1000 + k, 'day') * least(life, 730 - start_day))::BIGINT AS day
FROM (SELECT *, unnest(range(orders)) AS k FROM customers) AS c

-- name: new_day
-- Every purchase of the one day after it.
CREATE OR REPLACE TEMP VIEW purchases AS
SELECT customer * 1000 + 999 AS number, c.*, 730 AS day
FROM customers AS c
WHERE chance(customer, 'new day') < 0.0082

-- name: dated
-- Purchases with their moment, channel and size, by month, so that one month at a time can be written.
COPY (
    SELECT
        strftime(DATE '2024-04-01' + day::INTEGER, '%Y-%m') AS month,
        number, customer, has_card, has_account, card, login, first_name, last_name, phone, store,
        first_family, second_family,
        (DATE '2024-04-01' + day::INTEGER)::TIMESTAMP
            + to_seconds(32400 + floor((chance(number, 'hour') + chance(number, 'hour too')) * 18000)::BIGINT) AS moment,
        chance(number, 'channel') < web_share AS web,
        has_card AND chance(number, 'card shown') < 0.9 AS card_shown,
        1 + floor(skewed(number, 'lines') * 2.9)::INTEGER AS lines
    FROM purchases
) TO $path (FORMAT parquet, PARTITION_BY (month), OVERWRITE_OR_IGNORE true)

-- name: lines
-- The articles of one month's purchases: the loved families come back, and the best sellers sell best.
CREATE OR REPLACE TEMP TABLE lines AS
WITH drawn AS (
    SELECT *, number * 100 + line AS id
    FROM (SELECT *, unnest(range(1, lines + 1)) AS line FROM read_parquet($path))
),
chosen AS (
    SELECT
        *,
        CASE
            WHEN chance(id, 'taste') < 0.4 THEN first_family
            WHEN chance(id, 'taste') < 0.65 THEN second_family
            ELSE floor(chance(id, 'family') * 30)::BIGINT
        END * 400 + floor(400 * pow(chance(id, 'article'), 2.5))::BIGINT AS product,
        1 + floor(skewed(id, 'quantity') * 0.5)::BIGINT AS pieces,
        NOT web AND chance(id, 'return') < 0.03 AS is_return,
        CASE WHEN chance(id, 'sale') < 0.2 THEN 20 ELSE 0 END AS percent_off
    FROM drawn
)
SELECT
    c.* EXCLUDE (pieces),
    p.sku,
    p.price,
    p.tax_rate,
    CASE WHEN is_return THEN -pieces ELSE pieces END AS quantity,
    (CASE WHEN is_return THEN -pieces ELSE pieces END) * p.price * percent_off // 100 AS discount,
    round(
        ((CASE WHEN is_return THEN -pieces ELSE pieces END) * p.price * (100 - percent_off) / 100)
        * p.tax_rate / (10000 + p.tax_rate)
    )::BIGINT AS tax
FROM chosen AS c
JOIN products AS p USING (product)

-- name: till
-- One month of tickets, one row an article, as the tills send them.
COPY (
    SELECT
        'S' || lpad(store::VARCHAR, 3, '0') AS MAGASIN,
        number % 4 + 1 AS CAISSE,
        number AS TICKET,
        line AS LIGNE,
        strftime(moment, '%d/%m/%Y %H:%M') AS DATE_HEURE,
        CASE WHEN is_return THEN 'RETOUR' ELSE 'VENTE' END AS TYPE,
        sku AS ARTICLE,
        quantity AS QTE,
        euros(price) AS PRIX,
        euros(discount) AS REMISE,
        euros(tax) AS TVA,
        CASE WHEN card_shown THEN card END AS CARTE
    FROM lines
    WHERE NOT web
    ORDER BY moment, number, line
) TO $path (FORMAT csv, DELIMITER ';', QUOTE '"', HEADER true)

-- name: web_orders
-- One month of web orders, one JSON document an order, its articles inside.
COPY (
    SELECT
        'W' || number AS number,
        strftime(any_value(moment), '%Y-%m-%dT%H:%M:%SZ') AS placed_at,
        {
            id: CASE WHEN any_value(has_account) THEN any_value(login) END,
            email: any_value(login) || '.' || lower(any_value(last_name)) || '@example.org',
            first_name: any_value(first_name),
            last_name: any_value(last_name),
            phone: any_value(phone)
        } AS customer,
        list({
            position: line, sku: sku, quantity: quantity, unit_price: price / 100,
            discount: discount / 100, tax: tax / 100
        } ORDER BY line) AS items
    FROM lines
    WHERE web
    GROUP BY number
    ORDER BY any_value(moment), number
) TO $path (FORMAT json)

-- name: sessions
-- Visits to the site: cookies come back unequally, three in ten visits of an account holder log in.
COPY (
    SELECT
        *,
        lpad((day // 7)::VARCHAR, 3, '0') AS week,
        -- A quarter of the cookies belong to people who never bought; the others to customers, often several each.
        CASE WHEN cookie % 4 > 0 THEN (hash(cookie, 'owner') % getvariable('customers'))::BIGINT END AS customer
    FROM (
        SELECT
            i AS session,
            floor(pow(chance(i, 'cookie'), 1.6) * getvariable('customers') * 2.5)::BIGINT AS cookie,
            chance(i, 'logged in') < 0.3 AS logs_in,
            $first + floor(chance(i, 'week') * $days)::BIGINT AS day,
            1 + floor(skewed(i, 'length') * 4.5)::INTEGER AS length
        FROM range($visits, $until) AS t(i)
    )
) TO $path (FORMAT parquet, PARTITION_BY (week), OVERWRITE_OR_IGNORE true)

-- name: events
-- One week of the site's own tracking: searches, articles looked at, baskets, log-ins.
COPY (
    WITH steps AS (
        SELECT
            *,
            session * 64 + step AS id,
            (DATE '2024-04-01' + day::INTEGER)::TIMESTAMP
                + to_seconds(25200 + floor(chance(session, 'clock') * 50000)::BIGINT + step * 41) AS moment
        FROM (SELECT *, unnest(range(1, least(length, 60) + 1)) AS step FROM read_parquet($path_in))
    ),
    acts AS (
        SELECT
            s.*,
            c.login, c.has_account,
            CASE
                WHEN step = 1 THEN 'page_view'
                WHEN step = 2 AND logs_in AND c.has_account THEN 'login'
                WHEN chance(id, 'act') < 0.12 THEN 'search'
                WHEN chance(id, 'act') < 0.2 THEN 'add_to_cart'
                ELSE 'view_item'
            END AS act
        FROM steps AS s
        LEFT JOIN customers AS c USING (customer)
    )
    SELECT
        'e' || id AS id,
        strftime(moment, '%Y-%m-%dT%H:%M:%SZ') AS at,
        act AS name,
        'v' || cookie AS visitor,
        CASE WHEN logs_in AND step > 1 AND has_account THEN login END AS "user",
        CASE WHEN act IN ('view_item', 'add_to_cart')
            THEN 'A' || lpad((floor(chance(id, 'family') * 30)::BIGINT * 400
                + floor(400 * pow(chance(id, 'article'), 2.5))::BIGINT)::VARCHAR, 6, '0') END AS sku,
        CASE WHEN act = 'search' THEN 'q' || (hash(id, 'query') % 500) END AS query
    FROM acts
    ORDER BY moment, id
) TO $path (FORMAT json)

-- name: mail
-- What became of one campaign's messages.
COPY (
    WITH sent AS (
        SELECT
            customer * 100 + $campaign AS message,
            login || '.' || lower(last_name) || '@example.org' AS email,
            $moment + to_seconds((hash(customer, $campaign) % 3600)::BIGINT) AS moment
        FROM customers
        WHERE has_optin AND chance(customer * 100 + $campaign, 'sent') < $share
    ),
    acts AS (
        SELECT *, 'sent' AS act FROM sent
        UNION ALL
        SELECT message, email, moment + to_seconds(60 + floor(skewed(message, 'open') * 20000)::BIGINT), 'opened'
        FROM sent WHERE chance(message, 'opened') < 0.25
        UNION ALL
        SELECT message, email, moment + to_seconds(90 + floor(skewed(message, 'open') * 20000)::BIGINT), 'clicked'
        FROM sent WHERE chance(message, 'opened') < 0.03
        UNION ALL
        SELECT message, email, moment + to_seconds(30), 'bounced' FROM sent WHERE chance(message, 'bounced') < 0.004
    )
    SELECT
        'm' || message AS message_id, 'K' || $campaign AS campaign, email, act AS event,
        strftime(moment, '%Y-%m-%dT%H:%M:%SZ') AS at
    FROM acts
    ORDER BY moment, message, act
) TO $path (FORMAT csv, HEADER true)

-- name: crm
-- The loyalty file: card or account holders, and three in a hundred entered twice with a slip of the pen.
COPY (
    WITH holders AS (SELECT * FROM customers WHERE has_card OR has_account),
    entries AS (
        SELECT *, 0 AS again FROM holders
        UNION ALL
        SELECT *, 1 AS again FROM holders WHERE chance(customer, 'twice') < 0.03
    )
    SELECT
        'K' || customer || CASE WHEN again = 1 THEN 'B' ELSE '' END AS id,
        CASE WHEN has_card THEN CASE WHEN again = 1 THEN 'D' || substr(card, 2) ELSE card END END AS carte,
        CASE WHEN has_account AND again = 0 THEN login END AS compte,
        first_name AS prenom,
        CASE WHEN again = 1 THEN last_name || right(last_name, 1) ELSE last_name END AS nom,
        strftime(born, '%d/%m/%Y') AS naissance,
        CASE WHEN again = 0 OR chance(customer, 'same mail') < 0.5
            THEN login || '.' || lower(last_name) || '@example.org' END AS email,
        CASE WHEN chance(customer, 'gives phone') < 0.7 AND again = 0 THEN phone END AS tel,
        street_number AS numero,
        street AS rue,
        postcode AS cp,
        'Ville ' || left(postcode, 2) AS ville,
        strftime(DATE '2024-04-01' + start_day::INTEGER, '%d/%m/%Y') AS cree_le
    FROM entries
    WHERE chance(customer, 'in this file') < $share
    ORDER BY customer, again
) TO $path (FORMAT csv, DELIMITER ';', HEADER true)

-- name: catalogue
-- The articles, with three levels of category.
COPY (
    SELECT
        sku, 'Article ' || product AS name, 'Brand ' || (hash(product, 'brand') % 120) AS brand,
        'Department ' || (family // 6) AS department, 'Family ' || family AS family,
        'Shelf ' || family || '.' || (product % 8) AS shelf, price / 100 AS price
    FROM products
    ORDER BY product
) TO $path (FORMAT csv, HEADER true)

-- name: stores
-- Two hundred stores.
COPY (
    SELECT
        'S' || lpad(i::VARCHAR, 3, '0') AS code, 'Store ' || i AS name, 'Ville ' || (1 + i % 95) AS city, 'FR' AS country
    FROM range(200) AS t(i)
    ORDER BY i
) TO $path (FORMAT csv, HEADER true)
