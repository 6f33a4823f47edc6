/** 各页共有：大字，错误说成一句话。 */

/** @returns {string} 最外层的类名 */
function pageClass() {
  return require('./settings').isLarge() ? 'page large' : 'page'
}

/** @param {unknown} error @returns {import('./http').Problem} */
function problemOf(error) {
  const told = /** @type {any} */ (error)
  if (told && typeof told.message === 'string' && typeof told.status === 'number') return told
  return { code: 'failed', message: '没有办成，请重试', status: 0 }
}

module.exports = { pageClass, problemOf }
