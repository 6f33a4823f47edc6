/**
 * 组织签到：大二维码每 15 秒换，六位数，到场的人每三秒取一次。
 * 服务器一次给一分钟的码，短时断网照样换；再久就提示改用点名。
 */
const api = require('../../lib/api')
const qr = require('../../lib/qr')
const time = require('../../lib/time')
const { card } = require('../../lib/cards')
const { pageClass, problemOf } = require('../../lib/page')

const POLL = 3000
const TICK = 500
const STEP = 15000

Page({
  data: {
    pageClass: 'page',
    id: 0,
    state: 'loading', // loading, failed, choosing, ready
    message: '',
    /** @type {any[]} */
    running: [],
    title: '',
    isOpen: false,
    mayOpen: false,
    takesWalkIns: false,
    shuts: '',
    counts: { expected: 0, present: 0, walk_ins: 0, to_confirm: 0, outside: 0, absent: 0 },
    /** @type {any[]} */
    arrivals: [],
    picture: '',
    digits: '',
    secondsLeft: 0,
    isOffline: false,
    isStale: false,
    isBusy: false
  },

  /** @type {Array<{begins_at: string, address: string, six_digits: string}>} */
  codes: [],
  shownAddress: '',
  isVisible: false,
  poll: 0,
  tick: 0,

  /** @param {{id?: string}} options */
  onLoad(options) {
    this.setData({ pageClass: pageClass(), id: Number(options.id) || 0 })
  },

  onShow() {
    this.isVisible = true
    wx.setKeepScreenOn({ keepScreenOn: true })
    this.tick = setInterval(() => this.turn(), TICK)
    this.poll = setInterval(() => { if (this.data.id) this.load() }, POLL)
    if (this.data.id) this.load()
    else this.choose()
  },

  onHide() {
    this.rest()
  },

  onUnload() {
    this.rest()
  },

  rest() {
    this.isVisible = false
    clearInterval(this.tick)
    clearInterval(this.poll)
    wx.setKeepScreenOn({ keepScreenOn: false })
  },

  async choose() {
    try {
      const told = await api.get('/running')
      const running = told.activities.map(card)
      if (running.length === 1) this.pick(running[0].id)
      else this.setData({ state: 'choosing', running })
    } catch (error) {
      this.setData({ state: 'failed', message: problemOf(error).message })
    }
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  chosen(event) {
    this.pick(Number(event.currentTarget.dataset.id))
  },

  /** @param {number} id */
  pick(id) {
    this.setData({ id, state: 'loading' })
    this.load()
  },

  async load() {
    try {
      this.show(await api.get(`/activities/${this.data.id}/check-in`))
    } catch (error) {
      const problem = problemOf(error)
      if (this.data.state === 'ready' && problem.status === 0) this.setData({ isOffline: true })
      else this.setData({ state: 'failed', message: problem.message })
    }
  },

  /** @param {any} told */
  show(told) {
    if (!this.isVisible) return
    this.codes = told.codes
    this.setData({
      state: 'ready',
      isOffline: false,
      title: told.title,
      isOpen: told.is_open,
      mayOpen: told.may_open,
      takesWalkIns: told.takes_walk_ins,
      shuts: time.spoken(told.shuts_at),
      counts: told.counts,
      arrivals: told.arrivals.map((/** @type {any} */ each) => ({
        id: each.person_id,
        name: each.name,
        unit: each.unit,
        at: time.clock(each.at),
        note: note(each)
      }))
    })
    this.turn()
  },

  /** 换到此刻该显示的码。 */
  turn() {
    const now = time.now()
    const code = this.codes.find((each) => {
      const begins = Date.parse(each.begins_at)
      return begins <= now && now < begins + STEP
    })
    if (!code) {
      if (this.data.isOpen && !this.data.isStale) this.setData({ isStale: true })
      return
    }
    const secondsLeft = Math.ceil((Date.parse(code.begins_at) + STEP - now) / 1000)
    if (code.address !== this.shownAddress || this.data.isStale) {
      this.shownAddress = code.address
      const digits = `${code.six_digits.slice(0, 3)} ${code.six_digits.slice(3)}`
      this.setData({ picture: qr.picture(code.address), digits, secondsLeft, isStale: false })
    } else if (secondsLeft !== this.data.secondsLeft) {
      this.setData({ secondsLeft })
    }
  },

  /** @param {WechatMiniprogram.SwitchChange} event */
  walkIns(event) {
    this.setData({ takesWalkIns: event.detail.value })
    if (this.data.isOpen) this.act('', { takes_walk_ins: event.detail.value })
  },

  open() {
    return this.act('', { takes_walk_ins: this.data.takesWalkIns })
  },

  close() {
    wx.showModal({
      title: '结束签到',
      content: '结束后二维码和签到码都不能再用，仍可以点名。',
      success: (answer) => {
        if (answer.confirm) this.act('/close', {})
      }
    })
  },

  confirm() {
    wx.showModal({
      title: '确认离线签到',
      content: `确认这 ${this.data.counts.to_confirm} 人都在现场？`,
      success: async (answer) => {
        if (!answer.confirm) return
        await this.act('/confirm', {})
        this.load()
      }
    })
  },

  /** @param {string} what @param {Record<string, any>} body */
  async act(what, body) {
    if (this.data.isBusy) return
    this.setData({ isBusy: true, message: '' })
    try {
      const told = await api.post(`/activities/${this.data.id}/check-in${what}`, body)
      if (told.codes) this.show(told)
      else this.setData({ counts: told.counts })
    } catch (error) {
      this.setData({ message: problemOf(error).message })
    } finally {
      this.setData({ isBusy: false })
    }
  },

  roll() {
    wx.navigateTo({ url: `/pages/roll/roll?id=${this.data.id}` })
  },

  again() {
    this.setData({ state: 'loading' })
    if (this.data.id) this.load()
    else this.choose()
  }
})

/** @param {any} each @returns {string} */
function note(each) {
  if (each.status === 'to_confirm') return '待确认'
  if (each.is_inside === false) return '不在现场附近'
  return each.is_walk_in ? '未报名' : ''
}
