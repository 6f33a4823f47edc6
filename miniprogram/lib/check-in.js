/** 本人签到：有网就办，没网就存下来，连上再补。 */
const api = require('./api')
const http = require('./http')
const queue = require('./queue')
const settings = require('./settings')
const time = require('./time')

/**
 * @typedef {{words: string, came: boolean, isWaiting: boolean, activityId: number}} Result
 */

/**
 * @param {{code?: string, six_digits?: string}} given 扫到的内容，或六位数
 * @returns {Promise<Result>}
 */
async function come(given) {
  const at = time.stamp()
  const key = http.newKey()
  const place = given.code && settings.givesPlace() ? await whereAmI() : null
  const body = { ...given, at, ...(place ? { place } : {}) }
  try {
    const told = await api.post('/check-ins', body, key)
    const isWaiting = told.outcome === 'waits'
    return { words: told.words, came: told.came, isWaiting, activityId: told.activity_id || 0 }
  } catch (error) {
    const problem = /** @type {import('./http').Problem} */ (error)
    // 六位数一两分钟就换，补传没有用；扫到的码自带时刻，可以补传
    if (!given.code || !http.mayTryAgain(problem)) throw error
    queue.add({ key, path: '/check-ins', body, label: '扫码签到', at })
    const words = '没有网络，签到已存在手机里，连上网后自动补传。也可以请现场工作人员点名。'
    return { words, came: false, isWaiting: true, activityId: 0 }
  }
}

/** @returns {Promise<{latitude: number, longitude: number} | null>} 不同意、取不到：没有 */
function whereAmI() {
  return new Promise((resolve) => {
    wx.getLocation({
      type: 'gcj02',
      success: (told) => resolve({ latitude: told.latitude, longitude: told.longitude }),
      fail: () => resolve(null)
    })
  })
}

module.exports = { come }
