function request()
  return http("GET /orders?limit=10", math.random(0, 15), "", "")
end
