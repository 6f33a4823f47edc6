/** 本机的选择：大字、签到时是否提供位置。默认都关。 */
const KEPT = 'settings'

/** @returns {{isLarge?: boolean, givesPlace?: boolean}} */
function read() {
  const kept = wx.getStorageSync(KEPT)
  return kept && typeof kept === 'object' ? kept : {}
}

/** @param {{isLarge?: boolean, givesPlace?: boolean}} changed */
function write(changed) {
  wx.setStorageSync(KEPT, Object.assign(read(), changed))
}

const isLarge = () => Boolean(read().isLarge)
const givesPlace = () => Boolean(read().givesPlace)

module.exports = { write, isLarge, givesPlace }
