/** 登录：wx.login 的 code 换凭证，凭证存在本机；失效时自动再换一次。 */
const http = require('./http')

const KEPT = 'session'

/** @type {Promise<string> | null} */
let underWay = null

/** @returns {string} 空：没有登录 */
function token() {
  const kept = wx.getStorageSync(KEPT)
  return kept && typeof kept.token === 'string' ? kept.token : ''
}

/** @returns {boolean} 本人退出过，不自动登录 */
function isSignedOut() {
  const kept = wx.getStorageSync(KEPT)
  return Boolean(kept && kept.isSignedOut)
}

/** @returns {Promise<string>} 同时来几次，只登录一次 */
function signIn() {
  if (!underWay) {
    const done = () => { underWay = null }
    underWay = exchange()
    underWay.then(done, done)
  }
  return underWay
}

/** @returns {Promise<string>} */
async function exchange() {
  const code = await loginCode()
  const told = await http.send('POST', '/sessions', {
    key: http.newKey(),
    body: { code, device: device() }
  })
  wx.setStorageSync(KEPT, { token: told.token })
  return told.token
}

/** @returns {Promise<string>} */
function loginCode() {
  return new Promise((resolve, reject) => {
    wx.login({
      success: (told) => resolve(told.code),
      fail: () => reject({ code: 'offline', message: '微信登录没有完成，请检查网络后重试', status: 0 })
    })
  })
}

/** @returns {string} 供本人辨认自己的手机 */
function device() {
  try {
    const info = wx.getDeviceInfo()
    return `${info.brand || ''} ${info.model || ''}`.trim().slice(0, 60)
  } catch (error) {
    return ''
  }
}

function forget() {
  wx.removeStorageSync(KEPT)
}

function signOut() {
  wx.setStorageSync(KEPT, { token: '', isSignedOut: true })
}

module.exports = { token, isSignedOut, signIn, forget, signOut }
