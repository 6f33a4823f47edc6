/** 首页：扫码签到、今天和接下来的活动；主办单位的人在这里开放签到。 */
const api = require('../../lib/api')
const session = require('../../lib/session')
const queue = require('../../lib/queue')
const { card } = require('../../lib/cards')
const { pageClass, problemOf } = require('../../lib/page')

Page({
  data: {
    pageClass: 'page',
    state: 'loading', // loading, failed, signed_out, unbound, ready
    message: '',
    name: '',
    unit: '',
    runsCheckIns: false,
    /** @type {any[]} */
    today: [],
    /** @type {any[]} */
    coming: [],
    underWay: '', // 绑定办到哪一步
    waiting: 0
  },

  onShow() {
    this.setData({ pageClass: pageClass(), waiting: queue.waiting().length })
    this.load()
  },

  async onPullDownRefresh() {
    await this.load()
    wx.stopPullDownRefresh()
  },

  async load() {
    if (session.isSignedOut()) {
      this.setData({ state: 'signed_out' })
      return
    }
    try {
      const me = await api.get('/me')
      if (!me.is_bound) {
        this.setData({ state: 'unbound', underWay: me.waiting })
        return
      }
      const [today, coming] = await Promise.all([
        api.get('/activities?scope=today'),
        api.get('/activities')
      ])
      const ids = today.activities.map((/** @type {any} */ each) => each.id)
      this.setData({
        state: 'ready',
        name: me.name,
        unit: me.unit,
        runsCheckIns: me.runs_check_ins,
        today: today.activities.map(card),
        coming: coming.activities.filter((/** @type {any} */ each) => !ids.includes(each.id)).map(card)
      })
    } catch (error) {
      // 已经显示着的内容留着，只说一句
      const message = problemOf(error).message
      if (this.data.state === 'ready') wx.showToast({ title: message, icon: 'none' })
      else this.setData({ state: 'failed', message })
    }
  },

  again() {
    this.setData({ state: 'loading' })
    this.load()
  },

  async signIn() {
    session.forget()
    this.again()
  },

  bind() {
    wx.navigateTo({ url: '/pages/bind/bind' })
  },

  scan() {
    wx.scanCode({
      onlyFromCamera: true,
      scanType: ['qrCode'],
      success: (told) => {
        wx.navigateTo({ url: `/pages/check-in/check-in?code=${encodeURIComponent(told.result)}` })
      }
    })
  },

  type() {
    wx.navigateTo({ url: '/pages/check-in/check-in' })
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  open(event) {
    wx.navigateTo({ url: `/pages/activity/activity?id=${event.currentTarget.dataset.id}` })
  },

  desk() {
    wx.navigateTo({ url: '/pages/desk/desk' })
  },

  mine() {
    wx.navigateTo({ url: '/pages/mine/mine' })
  },

  settings() {
    wx.navigateTo({ url: '/pages/settings/settings' })
  }
})
