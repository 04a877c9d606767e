"""What runs inside Redis: one Lua script for each operation of the ledger, by Redis' own clock.

All keys begin with `KEYS[1]`, whose braces keep them in one slot of a cluster. For each period of
an account there are `:sum` (a hash of what is settled and held), `:ends` (a sorted set of holds by
the millisecond they expire) and `:held` (a hash of their amounts); for each hold `:hold:<id>` says
which periods it is in, and `:done:<id>`, for a day, that it was settled. `:born` is there since the
Redis was empty, and `:seeded` says of each machine what it has told it of the time before.

Every script is told which `:born` its caller knows, and where that is another it does nothing and
answers with the right one.
"""

from __future__ import annotations

_COMMON = """
local clock = redis.call('TIME')
local seconds = tonumber(clock[1])
local now = seconds * 1000 + math.floor(tonumber(clock[2]) / 1000)
local whole = function(number) return string.format('%.0f', number) end

local window = function(per)
  if per == 'hour' then return math.floor(seconds / 3600), 3600 - seconds % 3600 end
  if per == 'day' then return math.floor(seconds / 86400), 86400 - seconds % 86400 end
  if per == 'week' then
    local since = seconds + 259200
    return math.floor(since / 604800), 604800 - since % 604800
  end
  if per ~= 'month' then return 0, -1 end
  -- Days since 1 March of year 0, as in Howard Hinnant's "chrono-compatible date algorithms".
  local days = math.floor(seconds / 86400) + 719468
  local era = math.floor(days / 146097)
  local of_era = days - era * 146097
  local year = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524)
    - math.floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local month = math.floor((5 * of_year + 2) / 153)
  local day = of_year - math.floor((153 * month + 2) / 5)
  year = year + era * 400
  month = month + 2
  if month >= 12 then month = month - 12; year = year + 1 end
  local lengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
  local length = lengths[month + 1]
  if month == 1 and (year % 4 == 0 and year % 100 ~= 0 or year % 400 == 0) then length = 29 end
  return year * 12 + month, (length - day) * 86400 - seconds % 86400
end

local born = redis.call('GET', KEYS[1] .. ':born')
if not born then
  born = whole(now) .. '.' .. clock[2]
  redis.call('SET', KEYS[1] .. ':born', born)
end
if born ~= ARGV[1] then return {'born', born} end

local base = function(per, at, account)
  return KEYS[1] .. ':' .. per .. ':' .. whole(at) .. ':' .. account
end

local give_back = function(key, amount)
  if amount ~= '0' then redis.call('HINCRBY', key .. ':sum', 'held', '-' .. amount) end
end

local expire = function(key)
  local over = redis.call('ZRANGEBYSCORE', key .. ':ends', '-inf', now, 'LIMIT', 0, 1000)
  for _, id in ipairs(over) do
    local amount = redis.call('HGET', key .. ':held', id)
    redis.call('ZREM', key .. ':ends', id)
    redis.call('HDEL', key .. ':held', id)
    if amount then give_back(key, amount) end
  end
end

local sums = function(key)
  local found = redis.call('HMGET', key .. ':sum', 'settled', 'held')
  return found[1] or '0', found[2] or '0'
end

local begin = function(key, per)
  if per ~= '' and redis.call('EXISTS', key .. ':sum') == 0 then
    redis.call('HSET', key .. ':sum', 'settled', 0)
    redis.call('EXPIRE', key .. ':sum', 2678400)
  end
end
"""

HOLD = (
    _COMMON
    + """
-- ARGV: born, id, amount, lease in ms, then (account, per, limit) for each account.
local id, amount, lease = ARGV[2], ARGV[3], tonumber(ARGV[4])
local keys, windows, lefts = {}, {}, {}
for i = 5, #ARGV, 3 do
  local at, left = window(ARGV[i + 1])
  local key = base(ARGV[i + 1], at, ARGV[i])
  expire(key)
  local settled, held = sums(key)
  if tonumber(settled) + tonumber(held) + tonumber(amount) > tonumber(ARGV[i + 2]) then
    return {'short', (i - 5) / 3, settled, held, whole(left)}
  end
  keys[#keys + 1], windows[#windows + 1], lefts[#lefts + 1] = key, whole(at), left
end
-- Whoever asked gave up waiting, and its release has overtaken the question.
if redis.call('EXISTS', KEYS[1] .. ':done:' .. id) == 1 then return {'held', unpack(windows)} end
for i, key in ipairs(keys) do
  redis.call('HINCRBY', key .. ':sum', 'held', amount)
  redis.call('HSET', key .. ':held', id, amount)
  redis.call('ZADD', key .. ':ends', whole(now + lease), id)
  if lefts[i] >= 0 then
    local kept = whole(lefts[i] * 1000 + lease + 604800000)
    redis.call('PEXPIRE', key .. ':sum', kept)
    redis.call('PEXPIRE', key .. ':held', kept)
    redis.call('PEXPIRE', key .. ':ends', kept)
  end
end
redis.call('RPUSH', KEYS[1] .. ':hold:' .. id, unpack(keys))
redis.call('PEXPIRE', KEYS[1] .. ':hold:' .. id, whole(lease + 86400000))
return {'held', unpack(windows)}
"""
)

SETTLE = (
    _COMMON
    + """
-- ARGV: born, id, amount, then (account, per, window) for each account, if the hold is forgotten.
local id, amount = ARGV[2], ARGV[3]
if not redis.call('SET', KEYS[1] .. ':done:' .. id, 1, 'NX', 'EX', 86400) then
  return {'known'}
end
local keys = redis.call('LRANGE', KEYS[1] .. ':hold:' .. id, 0, -1)
if #keys == 0 then
  for i = 4, #ARGV, 3 do
    keys[#keys + 1] = base(ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i])
    begin(keys[#keys], ARGV[i + 1])
  end
end
for _, key in ipairs(keys) do
  local held = redis.call('HGET', key .. ':held', id)
  if held then
    give_back(key, held)
    redis.call('HDEL', key .. ':held', id)
    redis.call('ZREM', key .. ':ends', id)
  end
  if amount ~= '0' then redis.call('HINCRBY', key .. ':sum', 'settled', amount) end
end
redis.call('DEL', KEYS[1] .. ':hold:' .. id)
return {'settled'}
"""
)

PROLONG = (
    _COMMON
    + """
-- ARGV: born, id, lease in ms.
local id, lease = ARGV[2], tonumber(ARGV[3])
for _, key in ipairs(redis.call('LRANGE', KEYS[1] .. ':hold:' .. id, 0, -1)) do
  redis.call('ZADD', key .. ':ends', 'XX', whole(now + lease), id)
  for _, part in ipairs({':sum', ':held', ':ends'}) do
    local left = redis.call('PTTL', key .. part)
    if left >= 0 and left < lease + 604800000 then
      redis.call('PEXPIRE', key .. part, whole(lease + 604800000))
    end
  end
end
redis.call('PEXPIRE', KEYS[1] .. ':hold:' .. id, whole(lease + 86400000))
return {'prolonged'}
"""
)

BALANCE = (
    _COMMON
    + """
-- ARGV: born, account, per.
local at = window(ARGV[3])
local key = base(ARGV[3], at, ARGV[2])
expire(key)
local settled, held = sums(key)
return {'balance', settled, held}
"""
)

SEED = (
    _COMMON
    + """
-- ARGV: born, machine, then (account, per, window, amount) for each period it has spent in before.
for i = 3, #ARGV, 4 do
  local key = base(ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i])
  local field = ARGV[2] .. ':' .. key
  local known = redis.call('HGET', KEYS[1] .. ':seeded', field) or 0
  local more = tonumber(ARGV[i + 3]) - tonumber(known)
  if more > 0 then
    begin(key, ARGV[i + 1])
    redis.call('HINCRBY', key .. ':sum', 'settled', whole(more))
    redis.call('HSET', KEYS[1] .. ':seeded', field, ARGV[i + 3])
  end
end
return {'seeded'}
"""
)
