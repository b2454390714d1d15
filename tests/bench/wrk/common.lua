-- What every workload shares. Before this come `nonce` (differs from run to run), `threads`, `rows` (how many orders
-- were prepared) and `cursors` (of each tenant's page 1,000); after it comes the workload's `request`.

local setups = {}

function setup(thread)
  thread:set("next_number", #setups)
  table.insert(setups, thread)
end

function init(args)
  math.randomseed(next_number + os.time())
end

-- The next of this thread's numbers; no other thread has the same.
local function take()
  local n = next_number
  next_number = n + threads
  return n
end

-- A prepared order that nobody has changed yet. The run is void once they are used up: the caller prepares more.
local function take_prepared()
  local n = take()
  if n >= rows then
    exhausted = true
    return 0
  end
  return n
end

-- Any prepared order.
local function any()
  return math.random(0, rows - 1)
end

local function id(n)
  return string.format("0192f0c1-7a6e-7000-8100-%012d", n)
end

-- Requests are put together here: wrk.format costs more than the server's own parsing.
local function http(line, tenant, headers, body)
  return line .. " HTTP/1.1\r\nHost: bench\r\nX-Tenant-Id: " .. tenant .. "\r\n" .. headers .. "\r\n" .. body
end

local function http_json(line, tenant, headers, body)
  headers = headers .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n"
  return http(line, tenant, headers, body)
end

-- One line for the caller. Everything is a whole number; times are microseconds.
function done(summary, latency)
  local used_up = 0
  for _, thread in ipairs(setups) do
    if thread:get("exhausted") then used_up = 1 end
  end
  local e = summary.errors
  io.write(string.format(
    "RESULT requests=%d duration=%d connect=%d read=%d write=%d timeout=%d status=%d exhausted=%d p50=%d p90=%d p99=%d p999=%d\n",
    summary.requests, summary.duration, e.connect, e.read, e.write, e.timeout, e.status, used_up,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9)))
end
