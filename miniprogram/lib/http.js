/** 一次请求。结果只有两种：答复，或一个说得清的错误。 */
const config = require('./config')
const time = require('./time')

const PATIENCE = 8000

/**
 * @typedef {{code: string, message: string, status: number, details?: Record<string, any>}} Problem
 * @typedef {{body?: Record<string, any>, token?: string, key?: string}} Sending
 */

/** 断网、超时：请求可能没有到，重发须用同一个 key。 @param {string} said @returns {Problem} */
function unreached(said) {
  const isTimeout = /timeout/i.test(said)
  return {
    code: isTimeout ? 'timeout' : 'offline',
    message: isTimeout ? '网络太慢，没有等到答复，请重试' : '没有连上网络，请检查后重试',
    status: 0
  }
}

/**
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path
 * @param {Sending} [sending]
 * @returns {Promise<any>} 成功的答复；否则以 Problem 拒绝
 */
function send(method, path, sending = {}) {
  /** @type {Record<string, string>} */
  const header = { 'Content-Type': 'application/json' }
  if (sending.token) header.Authorization = `Bearer ${sending.token}`
  if (sending.key) header['Idempotency-Key'] = sending.key
  return new Promise((resolve, reject) => {
    wx.request({
      url: config.address() + config.API + path,
      method,
      header,
      data: method === 'GET' ? undefined : sending.body || {},
      timeout: PATIENCE,
      dataType: 'json',
      success(answer) {
        const told = /** @type {any} */ (answer.data)
        if (told && told.server_time) time.note(told.server_time)
        if (answer.statusCode >= 200 && answer.statusCode < 300) {
          resolve(told)
        } else {
          reject(problem(answer.statusCode, told))
        }
      },
      fail(error) {
        reject(unreached(error.errMsg || ''))
      }
    })
  })
}

/** @param {number} status @param {any} told @returns {Problem} */
function problem(status, told) {
  const known = told && typeof told.message === 'string'
  return {
    code: known ? String(told.code) : 'failed',
    message: known ? told.message : '系统暂时没有办成，请稍后再试',
    status,
    details: known ? told.details : undefined
  }
}

/** 每个 POST 自己的键；重发时用同一个。 @returns {string} */
function newKey() {
  let key = ''
  while (key.length < 24) key += Math.random().toString(36).slice(2)
  return `${Date.now().toString(36)}-${key.slice(0, 24)}`
}

/** 没有到达，或对方忙：以后可以再试。 @param {Problem} error */
function mayTryAgain(error) {
  return error.status === 0 || error.status === 429 || error.status >= 500
}

module.exports = { send, newKey, mayTryAgain }
