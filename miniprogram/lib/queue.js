/**
 * 没有网络时的签到和点名：存在本机，连上网后自动补传，同一条只算一次（每条带自己的键）。
 * 传成或被拒的都留一句话，给本人看。
 */
const api = require('./api')
const http = require('./http')

const WAITING = 'queue'
const TOLD = 'queue-told'
const MOST_TOLD = 20

/**
 * @typedef {{key: string, path: string, body: Record<string, any>, label: string, at: string}} Item
 * @typedef {{label: string, words: string, isGood: boolean, at: string}} Told
 */

/** @type {Promise<void> | null} */
let underWay = null
/** @type {Array<() => void>} */
const listeners = []

/** @returns {Item[]} */
function waiting() {
  const kept = wx.getStorageSync(WAITING)
  return Array.isArray(kept) ? kept : []
}

/** @returns {Told[]} 最近补传的结果，新的在前 */
function told() {
  const kept = wx.getStorageSync(TOLD)
  return Array.isArray(kept) ? kept : []
}

/** @param {Item} item 同一个键只存一条 */
function add(item) {
  const rest = waiting().filter((each) => each.key !== item.key)
  wx.setStorageSync(WAITING, rest.concat([item]))
  changed()
}

/** @param {Item} item @param {string} words @param {boolean} isGood */
function settle(item, words, isGood) {
  wx.setStorageSync(WAITING, waiting().filter((each) => each.key !== item.key))
  const line = { label: item.label, words, isGood, at: item.at }
  wx.setStorageSync(TOLD, [line].concat(told()).slice(0, MOST_TOLD))
  changed()
}

/** 从最早的一条起补传；没有网络就停下，等下一次。 @returns {Promise<void>} */
function flush() {
  if (!underWay) {
    const done = () => { underWay = null }
    underWay = sendAll()
    underWay.then(done, done)
  }
  return underWay
}

async function sendAll() {
  for (const item of waiting()) {
    try {
      const answer = await api.post(item.path, item.body, item.key)
      settle(item, answer.words || '已补传', answer.came !== false)
    } catch (error) {
      const problem = /** @type {import('./http').Problem} */ (error)
      if (http.mayTryAgain(problem)) return
      settle(item, problem.message, false)
    }
  }
}

function forgetTold() {
  wx.removeStorageSync(TOLD)
}

/** @param {() => void} listener @returns {() => void} 不再听 */
function onChange(listener) {
  listeners.push(listener)
  return () => {
    const at = listeners.indexOf(listener)
    if (at >= 0) listeners.splice(at, 1)
  }
}

function changed() {
  listeners.slice().forEach((listener) => listener())
}

module.exports = { waiting, told, add, flush, forgetTold, onChange }
