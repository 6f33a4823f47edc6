/** 绑定：手机号和邀请码，看过个人信息告知，同意或不同意。 */
const api = require('../../lib/api')
const { pageClass, problemOf } = require('../../lib/page')

Page({
  data: {
    pageClass: 'page',
    state: 'loading', // loading, failed, none, notice, bound, waits
    message: '',
    phone: '',
    code: '',
    name: '',
    unit: '',
    replaces: '',
    goesToLiaison: false,
    words: '',
    /** @type {{title: string, lines: string[], version: string}} */
    notice: { title: '', lines: [], version: '' },
    isBusy: false
  },

  onLoad() {
    this.setData({ pageClass: pageClass() })
    this.load()
  },

  async load() {
    try {
      this.show(await api.get('/binding'))
    } catch (error) {
      this.setData({ state: 'failed', message: problemOf(error).message })
    }
  },

  /** @param {any} told */
  show(told) {
    this.setData({
      state: told.state,
      message: '',
      name: told.name,
      unit: told.unit,
      replaces: told.replaces,
      goesToLiaison: told.goes_to_liaison,
      words: told.words,
      notice: told.notice
    })
  },

  /** @param {WechatMiniprogram.Input} event */
  phoneTyped(event) {
    this.setData({ phone: event.detail.value })
  },

  /** @param {WechatMiniprogram.Input} event */
  codeTyped(event) {
    this.setData({ code: event.detail.value })
  },

  async next() {
    if (!this.data.phone.trim() || !this.data.code.trim()) {
      this.setData({ message: '请填写手机号和邀请码' })
      return
    }
    await this.act('/binding', { phone: this.data.phone, invite_code: this.data.code })
  },

  agree() {
    return this.act('/binding/decision', { agrees: true })
  },

  refuse() {
    return this.act('/binding/decision', { agrees: false })
  },

  /** @param {string} path @param {Record<string, any>} body */
  async act(path, body) {
    if (this.data.isBusy) return
    this.setData({ isBusy: true, message: '' })
    try {
      this.show(await api.post(path, body))
    } catch (error) {
      this.setData({ message: problemOf(error).message }) // 填过的都留着
    } finally {
      this.setData({ isBusy: false })
    }
  },

  again() {
    this.setData({ state: 'loading' })
    this.load()
  },

  home() {
    wx.reLaunch({ url: '/pages/index/index' })
  }
})
