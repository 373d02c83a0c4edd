-- Repeats the requests of the file REQUESTS in their order, each after a line with its length in bytes. Prints the result as a line.
-- If the first one has the placeholder ID, each gets a new ID in its place, which begins with the time and SALT.
local requests, number, i, made = {}, 0, 0, 0
local placeholder, salt = os.getenv("ID"), os.getenv("SALT")
local has_placeholder

function init()
  local file = assert(io.open(os.getenv("REQUESTS"), "rb"))
  for length in function() return file:read("*l") end do
    number = number + 1
    requests[number] = file:read(tonumber(length))
  end
  file:close()
  has_placeholder = requests[1]:find(placeholder, 1, true) ~= nil
end

function request()
  i = i % number + 1
  if not has_placeholder then return requests[i] end
  made = made + 1
  return (requests[i]:gsub(placeholder, string.format("%08x%s%010x", os.time(), salt, made)))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
