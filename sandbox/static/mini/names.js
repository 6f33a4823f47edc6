// The built-in components this host draws. Others are told as errors where they are used.
export const BUILT_IN = new Set([
  "button", "canvas", "checkbox", "checkbox-group", "cover-image", "cover-view", "form", "icon", "image", "input",
  "label", "map", "navigator", "official-account", "open-data", "picker", "progress", "radio", "radio-group",
  "rich-text", "root-portal", "scroll-view", "slider", "swiper", "swiper-item", "switch", "text", "textarea",
  "video", "view", "web-view",
]);
