/** 一场活动：报名、取消、要提醒；主办单位的人从这里去组织签到。 */
const api = require('../../lib/api')
const time = require('../../lib/time')
const { card } = require('../../lib/cards')
const { pageClass, problemOf } = require('../../lib/page')

Page({
  data: {
    pageClass: 'page',
    id: 0,
    state: 'loading',
    message: '',
    /** @type {any} */
    activity: null,
    isBusy: false,
    templateId: '',
    reminder: 'none'
  },

  /** @param {{id?: string}} options */
  onLoad(options) {
    this.setData({ pageClass: pageClass(), id: Number(options.id) || 0 })
    this.load()
  },

  async load() {
    try {
      const [told, me] = await Promise.all([api.get(`/activities/${this.data.id}`), api.get('/me')])
      this.setData({ templateId: me.reminder_template_id })
      this.show(told)
    } catch (error) {
      this.setData({ state: 'failed', message: problemOf(error).message })
    }
  },

  /** @param {any} told */
  show(told) {
    const isComing = told.status === 'published' && Date.parse(told.starts_at) > time.now()
    this.setData({
      state: 'ready',
      reminder: told.reminder,
      activity: {
        ...card(told),
        place: told.place,
        speaker: told.speaker,
        unit: told.unit,
        closes: time.spoken(told.sign_up_closes_at),
        isOpen: told.is_open,
        isFull: told.seats_left === 0,
        isSignedUp: told.is_signed_up,
        isComing,
        isCancelled: told.status === 'cancelled',
        reason: told.status_reason,
        intro: told.speaker_intro,
        introduction: told.introduction,
        runs: told.runs_check_in
      }
    })
  },

  signUp() {
    return this.act('sign-up', '已报名')
  },

  cancel() {
    wx.showModal({
      title: '取消报名',
      content: '取消后名额让给别人，确定取消吗？',
      success: (answer) => {
        if (answer.confirm) this.act('cancel', '已取消报名')
      }
    })
  },

  /** @param {string} what @param {string} done */
  async act(what, done) {
    if (this.data.isBusy) return
    this.setData({ isBusy: true, message: '' })
    try {
      this.show(await api.post(`/activities/${this.data.id}/${what}`))
      wx.showToast({ title: done, icon: 'success' })
    } catch (error) {
      this.setData({ message: problemOf(error).message })
    } finally {
      this.setData({ isBusy: false })
    }
  },

  /** 只在本人点按后问微信；同意一次，提醒一次。 */
  remind() {
    const id = this.data.templateId
    wx.requestSubscribeMessage({
      tmplIds: [id],
      success: (told) => this.answered(told[id] === 'accept'),
      fail: () => this.setData({ message: '没有打开提醒。可在微信右上角的设置里允许后再试' })
    })
  },

  /** @param {boolean} accepted */
  async answered(accepted) {
    try {
      const told = await api.post(`/activities/${this.data.id}/reminder`, { accepted })
      this.setData({ reminder: told.state, message: '' })
      if (accepted) wx.showToast({ title: '到时提醒您', icon: 'success' })
    } catch (error) {
      this.setData({ message: problemOf(error).message })
    }
  },

  desk() {
    wx.navigateTo({ url: `/pages/desk/desk?id=${this.data.id}` })
  },

  again() {
    this.setData({ state: 'loading' })
    this.load()
  }
})
