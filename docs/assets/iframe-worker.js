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
      inside.document.open()
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      this.started = new Promise(resolve => {
        const script = inside.document.createElement("script")
        script.src = url
        script.onload = () => resolve(inside)
        inside.document.append(inside.document.createElement("html"))
        inside.document.documentElement.append(script)
      })
    }
    postMessage(data) {
      this.started.then(inside => inside.dispatchEvent(new MessageEvent("message", { data })))
    }
    terminate() {}
  }
}
