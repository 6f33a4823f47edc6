Page({
  data: { name: "", count: 0, choices: ["治理", "党史"], ratings: ["满意", "一般"], schools: ["乐余", "塘桥"], school: 0, day: "2026-12-01", result: "" },
  onLoad(query) { wx.setNavigationBarTitle({ title: `填表（${query.from}）` }); },
  typed() { this.setData({ count: this.data.count + 1 }); },
  topics(event) { this.setData({ result: event.detail.value.join("、") }); },
  schoolChosen(event) { this.setData({ school: event.detail.value }); },
  dayChosen(event) { this.setData({ day: event.detail.value }); },
  async submit(event) {
    const { confirm } = await wx.showModal({ title: "确认", content: "提交吗？" });
    if (!confirm) return;
    this.setData({ result: JSON.stringify(event.detail.value) });
    wx.showToast({ title: "已提交" });
  },
  reset() { this.setData({ result: "重填了" }); },
  low() { this.setData({ result: "到底了" }); },
});
