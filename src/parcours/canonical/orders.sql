-- name: order_lines
-- Each article of each order: amounts completed from one another, returns negative, in the project's currency.
WITH whole AS (
    SELECT g.row_id, g.source, g.order_id, g.line_id, g.product_id, g.kind, g.status AS line_status,
           coalesce(g.record_id, o.record_id) AS record_id,
           coalesce(g.order_time, o.order_time) AS order_time,
           local_date(coalesce(g.order_time, o.order_time), :zone) AS order_date,
           coalesce(g.channel, o.channel) AS channel, coalesce(g.store_id, o.store_id) AS store_id,
           coalesce(g.status, o.status, 'completed') AS status,
           upper(coalesce(g.currency, o.currency, :currency)) AS currency,
           CASE WHEN g.kind = 'return' THEN -abs(coalesce(g.quantity, 1)) ELSE coalesce(g.quantity, 1) END AS quantity,
           g.unit_price, g.gross_amount, g.discount_amount, g.tax_amount, g.net_amount
    FROM given AS g
    LEFT JOIN ordered AS o ON o.source = g.source AND o.order_id = g.order_id
),
amounts AS (
    SELECT *, coalesce(gross_amount, CAST(round(unit_price * abs(quantity)) AS BIGINT),
                       net_amount + coalesce(tax_amount, 0) + coalesce(discount_amount, 0)) AS gross
    FROM whole
),
priced AS (
    SELECT *, coalesce(discount_amount,
                       CASE WHEN net_amount IS NULL THEN 0
                            ELSE abs(gross) - abs(coalesce(tax_amount, 0)) - abs(net_amount) END) AS discount
    FROM amounts
),
signed AS (
    SELECT *, CASE WHEN quantity < 0 THEN -1 ELSE 1 END AS direction,
           :factor AS rate,
           CASE WHEN coalesce(kind, '') = 'adjustment' OR quantity >= 0 THEN gross ELSE -abs(gross) END AS signed_gross,
           coalesce(net_amount, abs(gross) - abs(coalesce(tax_amount, 0)) - discount) AS net
    FROM priced
)
SELECT row_id, source, record_id, order_id, line_id, order_time, order_date, channel, store_id, product_id, quantity,
       CAST(round(unit_price * rate) AS BIGINT) AS unit_price,
       CAST(round(signed_gross * rate) AS BIGINT) AS gross_amount,
       CAST(round(CASE WHEN direction < 0 THEN -abs(discount) ELSE discount END * rate) AS BIGINT) AS discount_amount,
       CAST(round(CASE WHEN direction < 0 THEN -abs(coalesce(tax_amount, 0)) ELSE coalesce(tax_amount, 0) END * rate)
            AS BIGINT) AS tax_amount,
       CAST(round(CASE WHEN direction < 0 THEN -abs(net) WHEN net_amount IS NULL AND gross < 0 THEN -abs(net)
                       ELSE net END * rate) AS BIGINT) AS net_amount,
       currency,
       CASE WHEN direction < 0 THEN -abs(net) WHEN net_amount IS NULL AND gross < 0 THEN -abs(net) ELSE net END
           AS original_net_amount,
       coalesce(kind, CASE WHEN quantity < 0 THEN 'return' ELSE 'sale' END) AS kind,
       status
FROM signed

-- name: orders
-- Each order with its amounts: as its source gives them, else the sum of its lines.
WITH sums AS (
    SELECT source, order_id, count(*) AS lines,
           sum(CASE WHEN kind = 'sale' AND quantity > 0 THEN 1 ELSE 0 END) > 0 AS sold,
           round(sum(CASE WHEN kind IN ('sale', 'return') THEN quantity ELSE 0 END), 6) AS units,
           CAST(sum(CASE WHEN kind <> 'fee' THEN gross_amount ELSE 0 END) AS BIGINT) AS gross_amount,
           CAST(sum(CASE WHEN kind <> 'fee' THEN discount_amount ELSE 0 END) AS BIGINT) AS discount_amount,
           CAST(sum(CASE WHEN kind <> 'fee' THEN tax_amount ELSE 0 END) AS BIGINT) AS tax_amount,
           CAST(sum(CASE WHEN kind = 'fee' THEN net_amount ELSE 0 END) AS BIGINT) AS shipping_amount,
           CAST(sum(CASE WHEN kind <> 'fee' THEN net_amount ELSE 0 END) AS BIGINT) AS net_amount,
           CAST(sum(CASE WHEN kind <> 'fee' THEN original_net_amount ELSE 0 END) AS BIGINT) AS original_net_amount,
           CAST(-sum(CASE WHEN kind = 'return' THEN net_amount ELSE 0 END) AS BIGINT) AS returned_amount
    FROM order_lines
    GROUP BY source, order_id
),
dated AS (
    SELECT row_id, source, record_id, order_id, channel, order_time, local_date(order_time, :zone) AS order_date,
           store_id, till_id, staff_id, tender, coalesce(status, 'completed') AS status, coupon,
           upper(coalesce(currency, :currency)) AS currency, units, gross_amount, discount_amount, tax_amount,
           shipping_amount, net_amount, returned_amount
    FROM given
),
rated AS (SELECT *, :factor AS rate FROM dated),
told AS (
    SELECT o.*, coalesce(s.lines, 0) AS lines, s.sold, coalesce(o.units, s.units, 0) AS all_units,
           coalesce(CAST(round(o.gross_amount * o.rate) AS BIGINT), s.gross_amount) AS gross,
           coalesce(CAST(round(o.discount_amount * o.rate) AS BIGINT), s.discount_amount) AS discount,
           coalesce(CAST(round(o.tax_amount * o.rate) AS BIGINT), s.tax_amount) AS tax,
           coalesce(CAST(round(o.shipping_amount * o.rate) AS BIGINT), s.shipping_amount) AS shipping,
           coalesce(CAST(round(o.returned_amount * o.rate) AS BIGINT), s.returned_amount, 0) AS returned,
           coalesce(o.net_amount, s.original_net_amount,
                    o.gross_amount - coalesce(o.discount_amount, 0) - coalesce(o.tax_amount, 0)) AS original_net,
           coalesce(CAST(round(o.net_amount * o.rate) AS BIGINT), s.net_amount,
                    CAST(round((o.gross_amount - coalesce(o.discount_amount, 0) - coalesce(o.tax_amount, 0)) * o.rate)
                         AS BIGINT)) AS net
    FROM rated AS o
    LEFT JOIN sums AS s ON s.source = o.source AND s.order_id = o.order_id
)
SELECT row_id, source, record_id, order_id, channel, order_time, order_date, store_id, till_id, staff_id, tender,
       status, coupon, currency, lines, all_units AS units, gross AS gross_amount, discount AS discount_amount,
       tax AS tax_amount, shipping AS shipping_amount, net AS net_amount, returned AS returned_amount,
       original_net AS original_net_amount,
       status = 'completed' AND coalesce(sold, all_units > 0 OR coalesce(net, 0) > 0) AS is_purchase
FROM told
