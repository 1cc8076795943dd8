"""The validation pairs: each cloudy date of the series with the nearest clear one.

    python docs/training/series_pairs.py ../shared/data/sen12ms-cr PAIRS

makes PAIRS/cloudy, PAIRS/clear and PAIRS/masks of links with equal names. Cloudy dates have 5 to 90 % cloud
by s2cloudless (`manifest.csv`), clear ones under 1 %, and no cirrus, which s2cloudless misses: a mean B10 of at most 0.01.
Needs rasterio.
"""

import csv
import datetime
import os
import re
import sys

import rasterio

# The cirrus band among the 13, from 1, and the most DN (reflectance × 10 000) of a date without cirrus.
B10, MOST_DN = 11, 100


def has_cirrus(path):
    with rasterio.open(path) as image:
        return image.read(B10).mean() > MOST_DN


def main():
    data, out = (os.path.abspath(path) for path in sys.argv[1:3])
    dates = []
    with open(os.path.join(data, "manifest.csv"), newline="") as file:
        for row in csv.reader(file):
            name = next((cell for cell in row if re.search(r"ROIs2017_146_ImgNo", cell)), None)
            if name is None:
                continue
            name = os.path.basename(name)
            if not name.endswith(".tif"):
                name += ".tif"
            if not os.path.exists(os.path.join(data, "series", name)):
                continue
            cover = float(next(cell for cell in row[::-1] if re.fullmatch(r"\d*\.?\d+", cell)))
            date = datetime.date.fromisoformat(re.search(r"\d{4}-\d\d-\d\d", name).group())
            dates.append((date, name, cover))
    clear = [one for one in dates if one[2] < 0.01]
    clear = [one for one in clear if not has_cirrus(os.path.join(data, "series", one[1]))]
    for folder in ("cloudy", "clear", "masks"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)
    for date, name, cover in sorted(dates):
        if not 0.05 < cover < 0.9:
            continue
        nearest = min(clear, key=lambda one: abs(one[0] - date))
        print(f"{date} ({100 * cover:.0f} % cloud) against {nearest[0]}")
        links = [
            ("cloudy", os.path.join(data, "series", name)),
            ("clear", os.path.join(data, "series", nearest[1])),
            ("masks", os.path.join(data, "s2cloudless", "series", name)),
        ]
        for folder, target in links:
            link = os.path.join(out, folder, name)
            if not os.path.lexists(link):
                os.symlink(target, link)


if __name__ == "__main__":
    main()
