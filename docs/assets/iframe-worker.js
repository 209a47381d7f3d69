// A browser starts no worker for a page that was opened as a file. There, a hidden frame does the worker's part, so that the search works.
// It does as much of Worker as the theme's search needs: one script, messages to it and from it.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      const inside = frame.contentWindow
      this.started = new Promise(resolve => frame.addEventListener("load", () => resolve(inside)))
      inside.document.open()
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      inside.document.write(`<script src="${new URL(url, location)}"><\/script>`)
      inside.document.close()
    }
    postMessage(data) {
      this.started.then(inside => inside.dispatchEvent(new MessageEvent("message", { data })))
    }
    terminate() {}
  }
}
