"""What runs inside Redis for limits: who may enter, and who has left, by Redis' own clock.

Each place has a hash at `KEYS[1]` with a row for each rate (see policies/shared_rate.py, which this
repeats in Lua), and at `KEYS[1]:places` a sorted set of those inside by the millisecond at which
their lease ends; `KEYS[1]:gone:<id>` is of one who left without having been inside. All numbers
are whole and below 2**53.
"""

from __future__ import annotations

_COMMON = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local milliseconds = math.floor(now / 1000)
local places = KEYS[1] .. ':places'
local whole = function(number) return string.format('%.0f', number) end

local up = function(number, by)
  local rest = math.fmod(number, by)
  local found = (number - rest) / by
  if rest > 0 then found = found + 1 end
  return found
end

local stored = function(name, count)
  local found = redis.call('HMGET', KEYS[1], name .. 'c', name .. 'd', name .. 'a', name .. 'e')
  local old, debt = tonumber(found[1] or 1), tonumber(found[2] or 0)
  local at, emptied = tonumber(found[3] or 0), tonumber(found[4] or 0)
  if old ~= count then debt = up(debt, old) * count end
  return debt, at, emptied
end

local row = function(name, count)
  local debt, at, emptied = stored(name, count)
  if now <= at then
    if at - now > 60000000 then at = now end
    return debt, at, emptied
  end
  local paid = (now - at) * count
  if paid > debt then return 0, now, now end
  return debt - paid, now, emptied
end

local keep = function(name, count, debt, at, emptied)
  redis.call('HSET', KEYS[1], name .. 'c', count, name .. 'd', whole(debt), name .. 'a', whole(at),
    name .. 'e', whole(emptied))
  local left = math.floor(debt / count / 1000) + 61000
  if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], left) end
end

local keep_places = function(lease)
  if redis.call('PTTL', places) < lease then redis.call('PEXPIRE', places, lease + 1000) end
end
"""

ENTER = (
    _COMMON
    + """
-- ARGV: id, lease in ms, places or -1, then count, period, burst and cost of requests and tokens.
local id, lease, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local comes_back = most >= 0 or ARGV[8] ~= '0'
-- Whoever asked gave up waiting, and its farewell has overtaken the question.
if comes_back and redis.call('EXISTS', KEYS[1] .. ':gone:' .. id) == 1 then return {'in', '0'} end
-- Only where there is one: after a write, Redis no longer refuses for want of memory.
if comes_back and redis.call('ZCOUNT', places, '-inf', whole(milliseconds)) > 0 then
  redis.call('ZREMRANGEBYSCORE', places, '-inf', whole(milliseconds))
end
if most >= 0 and redis.call('ZCARD', places) >= most then
  local first = redis.call('ZRANGE', places, 0, 0, 'WITHSCORES')
  return {'wait', whole(tonumber(first[2]) * 1000 - now), 'places'}
end
local rows, longest, why = {}, 0, ''
for i, name in ipairs({'requests', 'tokens'}) do
  local first = i * 4
  local count, period = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
  local burst, cost = tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  if count > 0 then
    local debt, at, emptied = row(name, count)
    local short = debt + (math.min(cost, burst) - burst) * period
    if short > 0 then
      local left = up(short, count) + at - now
      if left > longest then longest, why = left, name end
    end
    rows[#rows + 1] = {name, count, debt + cost * period, at, emptied}
  end
end
if longest > 0 then return {'wait', whole(longest), why} end
local emptied = 0
for _, found in ipairs(rows) do
  keep(unpack(found))
  if found[1] == 'tokens' then emptied = found[5] end
end
if comes_back then
  redis.call('ZADD', places, whole(milliseconds + lease), id)
  keep_places(lease)
end
return {'in', whole(emptied)}
"""
)

LEAVE = (
    _COMMON
    + """
-- ARGV: id, then count and period of tokens, when they were emptied, and by how many it was wrong.
if redis.call('ZREM', places, ARGV[1]) == 0 then
  redis.call('SET', KEYS[1] .. ':gone:' .. ARGV[1], 1, 'EX', 600)
  return {'unknown'}
end
local count, period = tonumber(ARGV[2]), tonumber(ARGV[3])
local difference = tonumber(ARGV[5])
if count > 0 and difference ~= 0 then
  local debt, at, emptied = stored('tokens', count)
  if difference > 0 or whole(emptied) == ARGV[4] then
    keep('tokens', count, math.max(0, debt + difference * period), at, emptied)
  end
end
return {'out'}
"""
)

PROLONG = (
    _COMMON
    + """
-- ARGV: id, lease in ms.
local lease = tonumber(ARGV[2])
redis.call('ZADD', places, 'XX', whole(milliseconds + lease), ARGV[1])
keep_places(lease)
return {'prolonged'}
"""
)
