(() => {
  "use strict";

  // Tables: a button in each heading sorts by its column, up, down, and as it was.
  const numeric = /^[<>≤≥]?\s*[+-]?(\d|\.\d)/;
  const textOf = (row, column) => row.cells[column].textContent.trim();
  const numberOf = (text) => {
    const plain = text.replaceAll(",", "").replace("−", "-");
    return numeric.test(plain) ? parseFloat(plain.replace(/^[<>≤≥]\s*/, "")) : NaN;
  };
  const unknown = (text) => ["", "–", "nan"].includes(text);

  function sorted(rows, column, direction) {
    const texts = new Map(rows.map((row) => [row, textOf(row, column)]));
    const known = rows.filter((row) => !unknown(texts.get(row)));
    const numbers = known.every((row) => !Number.isNaN(numberOf(texts.get(row))));
    const compare = numbers
      ? (a, b) => numberOf(texts.get(a)) - numberOf(texts.get(b))
      : (a, b) => texts.get(a).localeCompare(texts.get(b), "en", { numeric: true });
    known.sort((a, b) => direction * compare(a, b));
    return [...known, ...rows.filter((row) => unknown(texts.get(row)))];
  }

  function makeSortable(table) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    if (original.length < 2) return;
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      if (!button.textContent.trim()) button.setAttribute("aria-label", "sort by this column");
      heading.append(button);
      heading.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" };
        const order = next[heading.getAttribute("aria-sort")];
        for (const other of headings) other.setAttribute("aria-sort", "none");
        heading.setAttribute("aria-sort", order);
        const rows = order === "none" ? original
          : sorted(original, column, order === "ascending" ? 1 : -1);
        body.append(...rows);
      });
    });
  }

  // Figures: the drawing as a file, and its numbers unpacked where the browser can do that.
  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function svgOf(figure) {
    const svg = figure.querySelector(".light svg").cloneNode(true);
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    return new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
  }

  function savePng(figure, name) {
    const { width, height } = figure.querySelector(".light svg").viewBox.baseVal;
    const image = new Image();
    const address = URL.createObjectURL(svgOf(figure));
    image.onload = () => {
      const canvas = document.createElement("canvas");
      const scale = 200 / 72; // of points to pixels, as in the files of the run
      [canvas.width, canvas.height] = [width * scale, height * scale];
      const context = canvas.getContext("2d");
      context.fillStyle = "#ffffff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(address);
      canvas.toBlob((blob) => save(blob, `${name}.png`));
    };
    image.src = address;
  }

  window.unpacked = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };

  function offerFiles(figure) {
    const link = figure.querySelector(".files a");
    const name = link.download.replace(/\.csv\.gz$/, "");
    if (window.DecompressionStream) {
      link.addEventListener("click", async (event) => {
        event.preventDefault();
        const text = await window.unpacked(link.href.split(",")[1]);
        save(new Blob([text], { type: "text/csv" }), `${name}.csv`);
      });
    }
    const offer = (label, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.setAttribute("aria-label", `${name}: figure as ${label}`);
      button.addEventListener("click", act);
      link.parentNode.append(button);
    };
    offer("SVG", () => save(svgOf(figure), `${name}.svg`));
    offer("PNG", () => savePng(figure, name));
  }

  document.querySelectorAll("table").forEach(makeSortable);
  document.querySelectorAll("figure").forEach(offerFiles);
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
