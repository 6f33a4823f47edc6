/** 我的报名、签到记录，和离线补传的结果。 */
const api = require('../../lib/api')
const queue = require('../../lib/queue')
const time = require('../../lib/time')
const { card } = require('../../lib/cards')
const { pageClass, problemOf } = require('../../lib/page')

Page({
  data: {
    pageClass: 'page',
    state: 'loading',
    message: '',
    /** @type {any[]} */
    signUps: [],
    /** @type {any[]} */
    records: [],
    /** @type {any[]} */
    waiting: [],
    /** @type {any[]} */
    told: []
  },

  onShow() {
    this.setData({ pageClass: pageClass() })
    this.load()
  },

  async load() {
    this.setData({ waiting: queue.waiting().map(line), told: queue.told().map(line) })
    try {
      const [signUps, records] = await Promise.all([api.get('/sign-ups'), api.get('/check-ins')])
      this.setData({
        state: 'ready',
        signUps: signUps.activities.map(card),
        records: records.check_ins.map((/** @type {any} */ each) => ({
          id: each.activity_id,
          title: each.title,
          when: time.spoken(each.at),
          state: `${each.words} · ${each.way}`
        }))
      })
    } catch (error) {
      this.setData({ state: 'failed', message: problemOf(error).message })
    }
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  open(event) {
    wx.navigateTo({ url: `/pages/activity/activity?id=${event.currentTarget.dataset.id}` })
  },

  async sendNow() {
    await queue.flush()
    this.load()
  },

  forget() {
    queue.forgetTold()
    this.load()
  },

  again() {
    this.setData({ state: 'loading' })
    this.load()
  }
})

/** @param {any} each */
function line(each) {
  return { key: each.key || each.at, label: each.label, when: time.spoken(each.at), words: each.words || '' }
}
