/** 二维码画成一张图。 */
const qrcode = require('../vendor/qrcode')

/** @param {string} text @returns {string} data: 地址 */
function picture(text) {
  const code = qrcode(0, 'M')
  code.addData(text, 'Byte')
  code.make()
  return code.createDataURL(8, 16)
}

module.exports = { picture }
