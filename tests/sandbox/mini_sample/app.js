App({
  globalData: { launches: 0 },
  onLaunch(options) { this.globalData.launches += 1; this.globalData.scene = options.query.scene || ""; },
});
