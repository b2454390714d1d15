-- Functions that all workloads share. The benchmark defines before this file: `nonce` (different in each run), `threads`,
-- `rows` (number of prepared orders), `common` (header lines of every request) and `cursors` (page 1,000 of each tenant); and after it the workload's `request`.

local setups = {}

function setup(thread)
  thread:set("next_number", #setups)
  table.insert(setups, thread)
end

function init(args)
  math.randomseed(next_number + os.time())
end

-- The next number of this thread. Numbers of threads are disjoint.
local function take()
  local n = next_number
  next_number = n + threads
  return n
end

-- The number of a prepared order that no request has changed. If all are used up, the run does not count, and the
-- benchmark repeats it with more orders.
local function take_prepared()
  local n = take()
  if n >= rows then
    exhausted = true
    return 0
  end
  return n
end

-- The number of a random prepared order.
local function any()
  return math.random(0, rows - 1)
end

local function id(n)
  return string.format("0192f0c1-7a6e-7000-8100-%012d", n)
end

-- Builds a request. wrk.format would take more CPU time than the server needs to parse the request.
local function http(line, tenant, headers, body)
  return line .. " HTTP/1.1\r\nHost: bench\r\nX-Tenant-Id: " .. tenant .. "\r\n" .. common .. headers .. "\r\n" .. body
end

local function http_json(line, tenant, headers, body)
  headers = headers .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n"
  return http(line, tenant, headers, body)
end

-- Prints one line for the benchmark. All values are integers; times are in microseconds.
function done(summary, latency)
  local exhausted = 0
  for _, thread in ipairs(setups) do
    if thread:get("exhausted") then exhausted = 1 end
  end
  local e = summary.errors
  io.write(string.format(
    "RESULT requests=%d duration=%d connect=%d read=%d write=%d timeout=%d status=%d exhausted=%d p50=%d p90=%d p99=%d p999=%d\n",
    summary.requests, summary.duration, e.connect, e.read, e.write, e.timeout, e.status, exhausted,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9)))
end
