/** 活动卡片上的话，各页相同。 */
const time = require('./time')

/** @param {any} each 接口给的活动 */
function card(each) {
  return {
    id: each.id,
    series: each.series,
    title: each.title,
    when: time.span(each.starts_at, each.ends_at),
    where: each.speaker ? `${each.place} · ${each.speaker}` : each.place,
    state: state(each),
    isGood: Boolean(each.is_signed_up || each.check_in || each.standing === 'offered')
  }
}

/** @param {any} each */
function state(each) {
  if (each.status === 'cancelled') return '活动已取消'
  if (each.check_in) return each.check_in.words
  if (each.is_signed_up) return '✓ 已报名'
  if (each.standing === 'offered') return `有名额了，请在${time.spoken(each.offered_until)}前确认`
  if (each.standing === 'waiting' && Date.parse(each.starts_at) > time.now()) {
    return each.queue_place ? `候补中，排在第 ${each.queue_place} 位` : '候补中'
  }
  if (!each.is_open) return Date.parse(each.ends_at) < time.now() ? '已结束' : '报名已截止'
  if (each.seats_left === null) return '可以报名，不限名额'
  return each.seats_left > 0 ? `可以报名，还有 ${each.seats_left} 个名额` : '名额已满，可以候补'
}

module.exports = { card }
