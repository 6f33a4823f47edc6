/** 带登录的请求：没有登录就先登录，凭证失效就再登录一次。 */
const http = require('./http')
const session = require('./session')

/**
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path
 * @param {import('./http').Sending} [sending]
 * @returns {Promise<any>}
 */
async function call(method, path, sending = {}) {
  const token = session.token() || (await session.signIn())
  try {
    return await http.send(method, path, { ...sending, token })
  } catch (error) {
    if (/** @type {import('./http').Problem} */ (error).code !== 'signed_out') throw error
    session.forget()
    return http.send(method, path, { ...sending, token: await session.signIn() })
  }
}

/** @param {string} path */
const get = (path) => call('GET', path)

/** @param {string} path @param {Record<string, any>} [body] @param {string} [key] */
const post = (path, body, key) => call('POST', path, { body, key: key || http.newKey() })

/** @param {string} path */
const del = (path) => call('DELETE', path)

module.exports = { get, post, del }
