/** 签到：扫来的码马上办，六位数输完再办；微信“扫普通链接二维码”也进这一页（参数 q）。 */
const checkIn = require('../../lib/check-in')
const queue = require('../../lib/queue')
const { pageClass, problemOf } = require('../../lib/page')

Page({
  data: {
    pageClass: 'page',
    state: 'asking', // asking, busy, came, waiting, refused
    words: '',
    digits: '',
    activityId: 0,
    message: ''
  },

  /** @type {(() => void) | null} */
  stopListening: null,

  /** @param {{code?: string, q?: string}} options */
  onLoad(options) {
    this.setData({ pageClass: pageClass() })
    this.stopListening = queue.onChange(() => this.queueChanged())
    const scanned = decodeURIComponent(options.code || options.q || '')
    if (scanned) this.come({ code: scanned })
  },

  onUnload() {
    if (this.stopListening) this.stopListening()
  },

  queueChanged() {
    const [last] = queue.told()
    if (this.data.state !== 'waiting' || queue.waiting().length || !last) return
    this.setData({ state: last.isGood ? 'came' : 'refused', words: last.words })
  },

  /** @param {{code?: string, six_digits?: string}} given */
  async come(given) {
    this.setData({ state: 'busy', message: '' })
    try {
      const told = await checkIn.come(given)
      this.setData({
        state: told.came ? 'came' : told.isWaiting ? 'waiting' : 'refused',
        words: told.words,
        activityId: told.activityId
      })
    } catch (error) {
      this.setData({ state: 'refused', words: problemOf(error).message })
    }
  },

  /** @param {WechatMiniprogram.Input} event */
  typed(event) {
    this.setData({ digits: event.detail.value, message: '' })
  },

  send() {
    const digits = this.data.digits.trim()
    if (!/^\d{6}$/.test(digits)) {
      this.setData({ message: '请输入屏幕上的六位数字' })
      return
    }
    this.come({ six_digits: digits })
  },

  scan() {
    wx.scanCode({
      onlyFromCamera: true,
      scanType: ['qrCode'],
      success: (told) => this.come({ code: told.result })
    })
  },

  type() {
    this.setData({ state: 'asking', digits: '', message: '' })
  },

  activity() {
    wx.navigateTo({ url: `/pages/activity/activity?id=${this.data.activityId}` })
  }
})
