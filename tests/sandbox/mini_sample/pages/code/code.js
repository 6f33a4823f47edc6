// Draws what the app was opened with; a real program draws a QR code the same way.
Page({
  data: { shown: "", clock: "" },
  onReady() {
    this.setData({ clock: new Date().getFullYear() });
    wx.createSelectorQuery().select("#code").fields({ node: true, size: true }).exec(([told]) => {
      const context = told.node.getContext("2d");
      context.fillRect(0, 0, 10, 10);
      this.setData({ shown: `${told.node.tagName} ${Math.round(told.width)} ${getApp().globalData.scene}` });
    });
  },
});
