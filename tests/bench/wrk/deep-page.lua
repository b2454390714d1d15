function request()
  local tenant = math.random(0, 15)
  return http("GET /orders?limit=10&cursor=" .. cursors[tenant + 1], tenant, "", "")
end
