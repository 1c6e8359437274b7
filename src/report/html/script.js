// Sorting, filtering, folding and the colours. All content is in the page already: without this script everything can be read.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  function all(selector, within) {
    return Array.prototype.slice.call((within || document).querySelectorAll(selector));
  }
  function remembered(name, value) {
    // A page opened from disk may have no storage.
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch (error) {
      return null;
    }
  }

  // Light and dark: as the system has it, until somebody chooses.
  var mode = document.getElementById("mode");
  function dark() {
    var chosen = root.getAttribute("data-mode");
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function show(chosen) {
    if (chosen) root.setAttribute("data-mode", chosen);
    mode.textContent = dark() ? mode.dataset.light : mode.dataset.dark;
  }
  show(remembered("policy-topics-mode"));
  mode.addEventListener("click", function () {
    var chosen = dark() ? "light" : "dark";
    remembered("policy-topics-mode", chosen);
    show(chosen);
  });
  var print = document.getElementById("print");
  if (print) print.addEventListener("click", function () { window.print(); });

  // Tables that sort: numbers by their full value, names as the language sorts them; equal rows keep their order.
  function key(row, column) {
    var cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  }
  all("table.sortable").forEach(function (table) {
    all("thead th button", table).forEach(function (button) {
      var heading = button.parentNode;
      button.addEventListener("click", function () {
        var column = heading.cellIndex;
        var up = heading.getAttribute("aria-sort") === "descending" ||
          (!heading.hasAttribute("aria-sort") && !heading.classList.contains("num"));
        all("th", table.tHead).forEach(function (other) { other.removeAttribute("aria-sort"); });
        heading.setAttribute("aria-sort", up ? "ascending" : "descending");
        var body = table.tBodies[0];
        var rows = Array.prototype.slice.call(body.rows).map(function (row, place) {
          return { row: row, key: key(row, column), place: place };
        });
        rows.sort(function (a, b) {
          var order = typeof a.key === "number" && typeof b.key === "number" ? a.key - b.key
            // What has no number, a dash, comes last either way.
            : typeof a.key === "number" ? (up ? -1 : 1)
            : typeof b.key === "number" ? (up ? 1 : -1)
            : a.key.localeCompare(b.key, root.lang);
          return (up ? order : -order) || a.place - b.place;
        });
        rows.forEach(function (entry) { body.appendChild(entry.row); });
      });
    });
  });
  all("input[data-table]").forEach(function (input) {
    var body = document.getElementById(input.dataset.table).tBodies[0];
    input.addEventListener("input", function () {
      var words = input.value.trim().toLowerCase();
      Array.prototype.forEach.call(body.rows, function (row) {
        row.hidden = (row.cells[0].textContent + " " + row.title).toLowerCase().indexOf(words) < 0;
      });
    });
  });

  // One panel of a group at a time.
  all("[data-tabs]").forEach(function (group) {
    var buttons = all("[role=tab]", group);
    function choose(chosen) {
      buttons.forEach(function (button) {
        var is = button === chosen;
        button.setAttribute("aria-selected", is);
        button.tabIndex = is ? 0 : -1;
        document.getElementById(button.getAttribute("aria-controls")).hidden = !is;
      });
    }
    buttons.forEach(function (button, at) {
      button.addEventListener("click", function () { choose(button); });
      button.addEventListener("keydown", function (event) {
        var step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        if (!step) return;
        var next = buttons[(at + step + buttons.length) % buttons.length];
        choose(next);
        next.focus();
      });
    });
    if (buttons.length) choose(buttons[0]);
  });

  // Paragraphs by theme and by words.
  var documents = all("details.doc");
  var search = document.getElementById("search");
  if (search) {
    var bar = search.parentNode;
    var output = bar.querySelector("output");
    var unfold = document.getElementById("unfold");
    var filters = all("[data-filter]", bar);
    var chosen = "";
    var texts = new Map();
    var marks = window.Highlight && window.CSS && CSS.highlights ? new Highlight() : null;
    if (marks) CSS.highlights.set("found", marks);
    var paragraphs = documents.map(function (doc) { return all(".p", doc); });

    // Marks the words where they stand, also across underlined terms.
    function mark(paragraph, words) {
      var walker = document.createTreeWalker(paragraph.querySelector("[data-text]"), NodeFilter.SHOW_TEXT);
      var nodes = [], text = "";
      while (walker.nextNode()) {
        nodes.push({ node: walker.currentNode, start: text.length });
        text += walker.currentNode.data;
      }
      function place(offset) {
        for (var at = nodes.length - 1; at >= 0; at--) {
          if (nodes[at].start <= offset) return [nodes[at].node, Math.min(offset - nodes[at].start, nodes[at].node.length)];
        }
      }
      var lower = text.toLowerCase();
      if (lower.length !== text.length) return;
      for (var found = lower.indexOf(words); found >= 0; found = lower.indexOf(words, found + words.length)) {
        var range = new Range();
        range.setStart.apply(range, place(found));
        range.setEnd.apply(range, place(found + words.length));
        marks.add(range);
      }
    }

    function filter() {
      var words = search.value.trim().toLowerCase();
      var active = chosen !== "" || words !== "";
      var shown = 0, shownIn = 0;
      if (marks) marks.clear();
      documents.forEach(function (doc, at) {
        var here = 0;
        paragraphs[at].forEach(function (paragraph) {
          var fits = chosen === "" || paragraph.dataset.t.split(" ").indexOf(chosen) >= 0;
          if (fits && words) {
            if (!texts.has(paragraph)) {
              texts.set(paragraph, paragraph.querySelector("[data-text]").textContent.toLowerCase());
            }
            fits = texts.get(paragraph).indexOf(words) >= 0;
            if (fits && marks && shown < 2000) mark(paragraph, words);
          }
          paragraph.hidden = !fits;
          if (fits) here++;
        });
        doc.hidden = active && here === 0;
        doc.classList.toggle("filtered", active);
        if (here) { shown += here; shownIn++; }
      });
      // What was looked for is in sight, unless that would be most of a large collection.
      if (active && shown <= 500) documents.forEach(function (doc) { if (!doc.hidden) doc.open = true; });
      output.textContent = active ? bar.dataset.found.replace("{n}", shown).replace("{docs}", shownIn) : "";
    }
    filters.forEach(function (button) {
      button.addEventListener("click", function () {
        chosen = button.dataset.filter;
        filters.forEach(function (other) { other.setAttribute("aria-pressed", other === button); });
        filter();
      });
    });
    var waiting;
    search.addEventListener("input", function () {
      clearTimeout(waiting);
      waiting = setTimeout(filter, 120);
    });
    unfold.addEventListener("click", function () {
      var open = documents.some(function (doc) { return !doc.open; });
      documents.forEach(function (doc) { doc.open = open; });
      rename();
    });
    var names = [unfold.textContent, unfold.dataset.other];
    function rename() {
      unfold.textContent = names[documents.every(function (doc) { return doc.open; }) ? 1 : 0];
    }
    documents.forEach(function (doc) { doc.addEventListener("toggle", rename); });
    rename();
  }

  // The probabilities below a paragraph, for fingers, which cannot rest.
  document.addEventListener("click", function (event) {
    var tag = event.target.closest && event.target.closest(".tag");
    if (!tag) return;
    var paragraph = tag.parentNode;
    var line = paragraph.querySelector(".probabilities");
    if (line) { line.remove(); return; }
    line = document.createElement("span");
    line.className = "also probabilities";
    line.textContent = paragraph.title;
    paragraph.appendChild(line);
  });

  // A link into a document unfolds it.
  function unfoldTarget() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", unfoldTarget);
  if (location.hash) unfoldTarget();

  // Where the reader is.
  if (window.IntersectionObserver) {
    var links = {};
    all(".bar nav a[href^='#']").forEach(function (link) { links[link.getAttribute("href").slice(1)] = link; });
    var observer = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        var link = links[entry.target.id];
        if (!link || !entry.isIntersecting) return;
        Object.keys(links).forEach(function (id) { links[id].removeAttribute("aria-current"); });
        link.setAttribute("aria-current", "true");
        link.parentNode.scrollLeft = link.offsetLeft - link.parentNode.offsetLeft - 20;
      });
    }, { rootMargin: "-80px 0px -75% 0px" });
    all("section.block").forEach(function (section) { observer.observe(section); });
  }
})();
