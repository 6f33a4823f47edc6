/** 设置与隐私：大字、位置、在哪里登录着、个人信息告知、解除绑定、退出。 */
const api = require('../../lib/api')
const queue = require('../../lib/queue')
const session = require('../../lib/session')
const settings = require('../../lib/settings')
const time = require('../../lib/time')
const { pageClass, problemOf } = require('../../lib/page')

Page({
  data: {
    pageClass: 'page',
    isLarge: false,
    givesPlace: false,
    state: 'loading',
    message: '',
    /** @type {any[]} */
    sessions: [],
    /** @type {{title: string, lines: string[], version: string}} */
    notice: { title: '', lines: [], version: '' },
    isBound: false,
    name: ''
  },

  onShow() {
    this.setData({
      pageClass: pageClass(),
      isLarge: settings.isLarge(),
      givesPlace: settings.givesPlace()
    })
    this.load()
  },

  async load() {
    try {
      const [told, binding] = await Promise.all([api.get('/sessions'), api.get('/binding')])
      this.setData({
        state: 'ready',
        message: '',
        isBound: binding.state === 'bound',
        name: binding.name,
        notice: binding.notice,
        sessions: told.sessions.map((/** @type {any} */ each) => ({
          id: each.id,
          device: each.device || '未知手机',
          seen: time.spoken(each.last_seen_at),
          isThis: each.is_this
        }))
      })
    } catch (error) {
      this.setData({ state: 'failed', message: problemOf(error).message })
    }
  },

  /** @param {WechatMiniprogram.SwitchChange} event */
  large(event) {
    settings.write({ isLarge: event.detail.value })
    this.setData({ isLarge: event.detail.value, pageClass: pageClass() })
  },

  /** @param {WechatMiniprogram.SwitchChange} event */
  place(event) {
    settings.write({ givesPlace: event.detail.value })
    this.setData({ givesPlace: event.detail.value })
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  async end(event) {
    try {
      await api.del(`/sessions/${event.currentTarget.dataset.id}`)
      this.load()
    } catch (error) {
      this.setData({ message: problemOf(error).message })
    }
  },

  unbind() {
    wx.showModal({
      title: '解除绑定',
      content: '解除后不能报名和签到，再绑定要用新的邀请码。已有的签到记录保留。',
      success: async (answer) => {
        if (!answer.confirm) return
        try {
          await api.post('/binding/end')
          this.clean()
          wx.reLaunch({ url: '/pages/index/index' })
        } catch (error) {
          this.setData({ message: problemOf(error).message })
        }
      }
    })
  },

  signOut() {
    const waiting = queue.waiting().length
    const lost = waiting ? `还有 ${waiting} 条记录没有补传，退出后不再补传。` : ''
    wx.showModal({
      title: '退出登录',
      content: `${lost}退出后本机不再保留登录和名单。`,
      success: async (answer) => {
        if (!answer.confirm) return
        try {
          await api.del('/sessions/current')
        } catch (error) {
          // 没有网络也退出本机；凭证三十天不用自行失效，也可在别处结束
        }
        this.clean()
        session.signOut()
        wx.reLaunch({ url: '/pages/index/index' })
      }
    })
  },

  /** 本机存过的名单、待补传的记录都删去，只留大字等选择。 */
  clean() {
    const kept = ['settings', 'session', 'clock-offset']
    wx.getStorageInfoSync().keys
      .filter((key) => !kept.includes(key))
      .forEach((key) => wx.removeStorageSync(key))
  },

  again() {
    this.setData({ state: 'loading' })
    this.load()
  }
})
