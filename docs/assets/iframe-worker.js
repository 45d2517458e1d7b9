/* Browsers refuse a Worker to pages that are opened from a folder. The search then works in a hidden frame of the page,
   by the same script, which finds here what a Worker has: postMessage to the page, and importScripts. */
if (location.protocol === "file:") {
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = "<!doctype html>";
      this.ready = new Promise((done) => {
        this.frame.addEventListener("load", () => {
          const inside = this.frame.contentWindow;
          const load = (source) =>
            new Promise((loaded, failed) => {
              const script = inside.document.createElement("script");
              script.src = new URL(source, location.href).href;
              script.onload = loaded;
              script.onerror = failed;
              inside.document.head.append(script);
            });
          inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
          inside.importScripts = (...sources) =>
            sources.reduce((before, source) => before.then(() => load(source)), Promise.resolve());
          load(url).then(() => done(inside));
        }, { once: true });
      });
      const attach = () => document.body.append(this.frame);
      document.body ? attach() : addEventListener("DOMContentLoaded", attach);
    }

    postMessage(data) {
      this.ready.then((inside) => inside.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
