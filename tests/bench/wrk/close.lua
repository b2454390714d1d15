function request()
  local n = take_prepared()
  return http("POST /orders/" .. id(n) .. "/close", n % 16, "Content-Length: 0\r\n", "")
end
