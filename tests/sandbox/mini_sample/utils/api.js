const request = (path, data, method) => new Promise((resolve, reject) => {
  wx.request({ url: `https://m.example.org${path}`, data, method, header: { "x-from": "sample" }, success: (told) => resolve(told), fail: reject });
});
module.exports = { request };
