const api = require("../../utils/api");
Page({
  data: { greeting: "大家好", lectures: [], state: "" },
  onLoad() {
    this.setData({ state: wx.getStorageSync("state") || "第一次来" });
    wx.setStorageSync("state", "又来了");
    wx.onNetworkStatusChange((told) => this.setData({ state: told.isConnected ? "有网" : "没网" }));
  },
  async load() {
    try {
      const told = await api.request("/api/v1/lectures", { page: 1 });
      this.setData({ lectures: told.data.lectures });
    } catch (error) {
      this.setData({ state: error.errMsg });
    }
  },
  choose(event) { this.setData({ state: `${event.currentTarget.dataset.id} ${event.detail.title}` }); },
  toForm() { wx.navigateTo({ url: "/pages/form/form?from=button" }); },
  async subscribe() {
    const told = await wx.requestSubscribeMessage({ tmplIds: ["SUB_ACTIVITY", "SUB_SURVEY"] });
    this.setData({ state: `${told.SUB_ACTIVITY} ${told.SUB_SURVEY}` });
  },
  async locate() {
    const told = await wx.getLocation({ type: "gcj02" }).catch((error) => error);
    this.setData({ state: told.latitude ? `${told.latitude}` : told.errMsg });
  },
  async scan() { this.setData({ state: `扫到 ${(await wx.scanCode({})).result}` }); },
  async phone(event) {
    const told = await wx.login();
    this.setData({ state: `${event.detail.errMsg} ${event.detail.code ? "有码" : "无码"} ${told.code.length > 10}` });
  },
});
