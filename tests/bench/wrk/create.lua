function request()
  local n = take()
  local key = "Idempotency-Key: " .. nonce .. "-" .. n .. "\r\n"
  return http_json("POST /orders", n % 16, key, '{"reference":"basket-42"}')
end
