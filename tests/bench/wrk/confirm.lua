function request()
  local n = take_prepared()
  return http_json("PATCH /orders/" .. id(n) .. "/confirm", n % 16, 'If-Match: "1"\r\n', '{"totalCents":1234}')
end
