const queue = require('./lib/queue')
const settings = require('./lib/settings')

App({
  globalData: {
    isLarge: false
  },

  onLaunch() {
    this.globalData.isLarge = settings.isLarge()
    wx.onNetworkStatusChange((status) => {
      if (status.isConnected) queue.flush()
    })
  },

  onShow() {
    queue.flush()
  }
})
