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
    const may = mayDo(told, isComing)
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
        may,
        hint: hintOf(told, may),
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

  wait() {
    return this.act('wait', '')
  },

  cancel() {
    const isQueue = this.data.activity.may === 'leave'
    wx.showModal({
      title: isQueue ? '退出候补' : '取消报名',
      content: isQueue ? '退出后再来要重新排队，确定退出吗？' : '取消后名额让给别人，确定取消吗？',
      success: (answer) => {
        if (answer.confirm) this.act('cancel', isQueue ? '已退出候补' : '已取消报名')
      }
    })
  },

  /** @param {string} what @param {string} done */
  async act(what, done) {
    if (this.data.isBusy) return
    this.setData({ isBusy: true, message: '' })
    try {
      const told = await api.post(`/activities/${this.data.id}/${what}`)
      this.show(told)
      wx.showToast({ title: done || (told.is_signed_up ? '已报名' : '已在候补'), icon: 'success' })
    } catch (error) {
      const problem = problemOf(error)
      if (problem.status === 409) await this.load() // 名额可能刚刚被别人报走：按钮随之变
      this.setData({ message: problem.message })
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

/**
 * 现在能按哪一个：报名、候补、确认名额、退出候补、取消报名；空：都不能。
 * @param {any} told @param {boolean} isComing
 */
function mayDo(told, isComing) {
  if (isComing && told.is_signed_up) return 'cancel'
  if (isComing && told.standing === 'offered') return 'confirm'
  if (isComing && told.standing === 'waiting') return 'leave'
  if (!told.is_open) return ''
  return told.has_room ? 'sign_up' : 'wait'
}

/** @param {any} told @param {string} may */
function hintOf(told, may) {
  if (may === 'wait') {
    const why = told.seats_left === 0 ? '名额已满' : '您单位的名额已满'
    const lapsed = told.standing === 'lapsed' ? '为您保留的名额没有按时确认，已让给下一位。' : ''
    return `${lapsed}${why}，可以排队候补：有人让出名额时，按先后顺序通知您。`
  }
  return may === 'leave' ? '有人让出名额时会通知您，也可以随时回来看。' : ''
}
