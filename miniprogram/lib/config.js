/**
 * 接口地址。正式版、体验版填本单位的域名（须在小程序后台登记为 request 合法域名）；开发版连本机。
 * @type {Record<string, string>}
 */
const ADDRESSES = {
  develop: 'http://127.0.0.1:8000',
  trial: 'https://m.example.org',
  release: 'https://m.example.org'
}

/** @returns {string} 不带末尾斜杠 */
function address() {
  return ADDRESSES[wx.getAccountInfoSync().miniProgram.envVersion] || ADDRESSES.release
}

module.exports = { address, API: '/api/v1' }
