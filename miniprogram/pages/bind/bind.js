/** 绑定：手机号和邀请码，或扫单位小程序码后填姓名和后四位；看过个人信息告知，同意或不同意。 */
const api = require('../../lib/api')
const { pageClass, problemOf } = require('../../lib/page')

Page({
  data: {
    pageClass: 'page',
    state: 'loading', // loading, failed, none, notice, bound, waits
    message: '',
    unitId: 0, // 扫单位小程序码进来
    unitName: '',
    person: '',
    digits: '',
    mayApply: false, // 名单里没有核对到
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

  /** @param {{scene?: string}} options */
  onLoad(options) {
    this.setData({ pageClass: pageClass(), unitId: unitOf(options.scene || '') })
    this.load()
  },

  async load() {
    try {
      this.show(await api.get('/binding'))
      if (this.data.unitId && this.data.state === 'none') {
        const unit = await api.get(`/binding/units/${this.data.unitId}`)
        this.setData({ unitName: unit.name })
      }
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

  /** @param {WechatMiniprogram.Input} event */
  personTyped(event) {
    this.setData({ person: event.detail.value })
  },

  /** @param {WechatMiniprogram.Input} event */
  digitsTyped(event) {
    this.setData({ digits: event.detail.value })
  },

  async nextInUnit() {
    const { unitId, person, digits } = this.data
    if (!person.trim() || digits.trim().length < 4) {
      this.setData({ message: '请填写姓名和手机号后四位' })
      return
    }
    await this.act('/binding/unit', { unit_id: unitId, name: person, digits })
    this.setData({ mayApply: Boolean(this.data.message) })
  },

  apply() {
    return this.act('/binding/apply', {})
  },

  withdraw() {
    return this.act('/binding/withdraw', {})
  },

  byCode() {
    this.setData({ unitId: 0, message: '', mayApply: false })
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

/** @param {string} scene 小程序码带来的，如 unit_7 @returns {number} 0：不是单位的码 */
function unitOf(scene) {
  const found = /^unit_(\d{1,9})$/.exec(decodeURIComponent(scene))
  return found ? Number(found[1]) : 0
}
