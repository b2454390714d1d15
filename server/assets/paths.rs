// This file was generated from the files beside it. Do not modify.

//! The files that the service shows to browsers.

/// A file.
#[derive(Debug)]
pub struct File {
    /// The path under which the service shows it.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub media_type: &'static str,
    /// Its content (RFC 1952).
    pub gzipped: &'static [u8],
}

/// Every file, sorted by path.
pub static FILES: &[File] = &[
    File {
        path: "/console",
        media_type: "text/html; charset=utf-8",
        gzipped: include_bytes!("console.html.gz"),
    },
    File {
        path: "/console/console.css",
        media_type: "text/css; charset=utf-8",
        gzipped: include_bytes!("console/console.css.gz"),
    },
    File {
        path: "/console/console.js",
        media_type: "text/javascript; charset=utf-8",
        gzipped: include_bytes!("console/console.js.gz"),
    },
    File {
        path: "/console/icon.svg",
        media_type: "image/svg+xml",
        gzipped: include_bytes!("console/icon.svg.gz"),
    },
    File {
        path: "/console/licenses.md",
        media_type: "text/plain; charset=utf-8",
        gzipped: include_bytes!("console/licenses.md.gz"),
    },
    File {
        path: "/console/orders_core_bg.wasm",
        media_type: "application/wasm",
        gzipped: include_bytes!("console/orders_core_bg.wasm.gz"),
    },
    File {
        path: "/docs",
        media_type: "text/html; charset=utf-8",
        gzipped: include_bytes!("docs.html.gz"),
    },
    File {
        path: "/docs/LICENSE",
        media_type: "text/plain; charset=utf-8",
        gzipped: include_bytes!("docs/LICENSE.gz"),
    },
    File {
        path: "/docs/NOTICE",
        media_type: "text/plain; charset=utf-8",
        gzipped: include_bytes!("docs/NOTICE.gz"),
    },
    File {
        path: "/docs/docs.css",
        media_type: "text/css; charset=utf-8",
        gzipped: include_bytes!("docs/docs.css.gz"),
    },
    File {
        path: "/docs/docs.js",
        media_type: "text/javascript; charset=utf-8",
        gzipped: include_bytes!("docs/docs.js.gz"),
    },
    File {
        path: "/docs/swagger-ui-bundle.js",
        media_type: "text/javascript; charset=utf-8",
        gzipped: include_bytes!("docs/swagger-ui-bundle.js.gz"),
    },
    File {
        path: "/docs/swagger-ui-bundle.js.LICENSE.txt",
        media_type: "text/plain; charset=utf-8",
        gzipped: include_bytes!("docs/swagger-ui-bundle.js.LICENSE.txt.gz"),
    },
    File {
        path: "/docs/swagger-ui.css",
        media_type: "text/css; charset=utf-8",
        gzipped: include_bytes!("docs/swagger-ui.css.gz"),
    },
];
