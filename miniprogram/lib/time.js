/** 时间：以服务器为准（手机的钟可能不准），一律按北京时间显示。 */
const EIGHT_HOURS = 8 * 3600 * 1000
const WEEKDAYS = '日一二三四五六'
const KEPT = 'clock-offset'

/** @type {number | null} */
let offset = null

/** 记下服务器的钟。 @param {string} serverTime */
function note(serverTime) {
  const told = Date.parse(serverTime)
  if (!Number.isNaN(told)) {
    offset = told - Date.now()
    wx.setStorageSync(KEPT, offset)
  }
}

/** @returns {number} 服务器此刻，毫秒 */
function now() {
  if (offset === null) offset = Number(wx.getStorageSync(KEPT)) || 0
  return Date.now() + offset
}

/** @returns {string} 服务器此刻，写进请求 */
function stamp() {
  return new Date(now()).toISOString().slice(0, 19) + 'Z'
}

/** @param {string} moment */
function local(moment) {
  return new Date(Date.parse(moment) + EIGHT_HOURS)
}

/** 11月26日（周四）14:30 @param {string} moment */
function spoken(moment) {
  const at = local(moment)
  return `${at.getUTCMonth() + 1}月${at.getUTCDate()}日（周${WEEKDAYS[at.getUTCDay()]}）${clock(moment)}`
}

/** 14:30 @param {string} moment */
function clock(moment) {
  const at = local(moment)
  return `${at.getUTCHours()}:${String(at.getUTCMinutes()).padStart(2, '0')}`
}

/** @param {string} start @param {string} end */
function span(start, end) {
  const isOneDay = local(start).toISOString().slice(0, 10) === local(end).toISOString().slice(0, 10)
  return isOneDay ? `${spoken(start)}–${clock(end)}` : `${spoken(start)} 至 ${spoken(end)}`
}

module.exports = { note, now, stamp, spoken, clock, span }
