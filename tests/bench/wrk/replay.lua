function request()
  local n = any()
  local key = "Idempotency-Key: " .. n .. "\r\n"
  return http_json("POST /orders", n % 16, key, '{"reference":"basket-42"}')
end
