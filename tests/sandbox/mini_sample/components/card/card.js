Component({
  properties: { title: String },
  lifetimes: { attached() { this.triggerEvent("ready", { title: this.data.title }); } },
  methods: { chosen() { this.triggerEvent("choose", { title: this.data.title }); } },
});
