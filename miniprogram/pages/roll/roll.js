/** 点名：点“到”记为到场，再点撤销；没有网络先存下来，连上再补。 */
const api = require('../../lib/api')
const http = require('../../lib/http')
const queue = require('../../lib/queue')
const time = require('../../lib/time')
const { pageClass, problemOf } = require('../../lib/page')

const KEPT = 'sheet-'

Page({
  data: {
    pageClass: 'page',
    id: 0,
    state: 'loading',
    message: '',
    title: '',
    search: '',
    onlyAbsent: false,
    present: 0,
    expected: 0,
    /** @type {any[]} */
    shown: [],
    isOffline: false
  },

  /** @type {any[]} */
  lines: [],

  /** @param {{id?: string}} options */
  onLoad(options) {
    this.setData({ pageClass: pageClass(), id: Number(options.id) || 0 })
    this.load()
  },

  async load() {
    const kept = KEPT + this.data.id
    try {
      const told = await api.get(`/activities/${this.data.id}/check-in/sheet`)
      wx.setStorageSync(kept, told) // 名单存在本机，断网时还能点；退出登录时清除
      this.take(told, false)
    } catch (error) {
      const problem = problemOf(error)
      const told = problem.status === 0 ? wx.getStorageSync(kept) : null
      if (told) this.take(told, true)
      else this.setData({ state: 'failed', message: problem.message })
    }
  },

  /** @param {any} told @param {boolean} isOffline */
  take(told, isOffline) {
    this.lines = told.lines
    this.setData({ state: 'ready', title: told.title, expected: told.counts.expected, isOffline })
    this.show()
  },

  show() {
    const sought = this.data.search.trim()
    const shown = this.lines.filter((each) => {
      if (this.data.onlyAbsent && each.status === 'present') return false
      return !sought || each.name.includes(sought) || each.unit.includes(sought)
    })
    const present = this.lines.filter((each) => each.status === 'present').length
    this.setData({ shown, present })
  },

  /** @param {WechatMiniprogram.Input} event */
  searched(event) {
    this.setData({ search: event.detail.value })
    this.show()
  },

  /** @param {WechatMiniprogram.SwitchChange} event */
  narrowed(event) {
    this.setData({ onlyAbsent: event.detail.value })
    this.show()
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  tick(event) {
    const line = this.lines.find((each) => each.person_id === event.currentTarget.dataset.id)
    if (!line) return
    if (line.status !== 'present') {
      this.mark(line, true)
      return
    }
    wx.showModal({
      title: '撤销签到',
      content: `撤销${line.name}的签到？`,
      success: (answer) => {
        if (answer.confirm) this.mark(line, false)
      }
    })
  },

  /** @param {any} line @param {boolean} isPresent */
  async mark(line, isPresent) {
    const was = line.status
    line.status = isPresent ? 'present' : 'absent'
    this.setData({ message: '' })
    this.show()
    const at = time.stamp()
    const key = http.newKey()
    const path = `/activities/${this.data.id}/check-in/roll`
    const body = { marks: [{ person_id: line.person_id, is_present: isPresent, at }] }
    try {
      await api.post(path, body, key)
    } catch (error) {
      const problem = problemOf(error)
      if (http.mayTryAgain(problem)) {
        queue.add({ key, path, body, label: `点名：${line.name}`, at })
        this.setData({ isOffline: true })
        return
      }
      line.status = was
      this.setData({ message: problem.message })
      this.show()
    }
  },

  again() {
    this.setData({ state: 'loading' })
    this.load()
  }
})
