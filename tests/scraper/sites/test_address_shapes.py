"""The shapes of addresses that the five sites have used, each with an invented story or page: its
key, or the reason why it is none. Written by hand, not by the profiles.
"""

import pytest

from archive.ledger.wording import REASONS
from scraper.sites.site import Identity
from scraper.spiders import sites

STORIES = """
islamtimes  764180          https://islamtimes.com/id/news/764180/print/kapal-kurma-berlabuh
islamtimes  764180          https://www.islamtimes.com/id/article/764180/kapal-kurma-berlabuh
medcom      JKR3GYyN        https://www.medcom.id/ekonomi/bisnis/JKR3GYyN-koperasi-membeli-kompor-baru
medcom      GKdWa2dk        https://www.medcom.id/olahraga/sports-lainnya/GKdWa2dk-dua-perahu-menang?utm_source=all&utm_medium=allfeed
medcom      0kpv29RN        https://www.medcom.id/telusur/cek-fakta/0kpv29RN-benarkah-sumur-itu-kering
medcom      lKYrl6VN        https://m.medcom.id/telusur/cek-fakta/lKYrl6VN-pesan-berantai-tentang-sumur
medcom      nbwe2P5K        http://internasional.metrotvnews.com/eropa/nbwe2P5K-kereta-malam-berjalan-lagi
medcom      1bVVLPPb        http://teknologi.metrotvnews.com/news-teknologi/1bVVLPPb-kincir-dari-bambu
medcom      4KZEW3Jk        http://m.metrotvnews.com/jabar/peristiwa/4KZEW3Jk-jembatan-dibuka
medcom      KXyCWXPX        https://metrotvnews.com/read/KXyCWXPX-pasar-buku-dibuka
republika   s4ebir370       https://ameera.republika.co.id/berita/s4ebir370/16-perajin-menenun-bersama
republika   t2rt86282       https://republika.co.id/berita//t2rt86282/194-siswa-menanam-padi,2207,8eb7568264835006,f34222aa36e1faeb
republika   nya30p346       http://khazanah.republika.co.id/berita/dunia-islam/islam-nusantara/15/11/24/nya30p346-surau-tua-dipugar-warga-
republika   oklgkk366       http://www.republika.co.id/berita/dunia-islam/islam-nusantara/17/01/30/oklgkk366-surau-tua-dipugar
republika   p5qsy9377       http://republika.co.id/berita/ekonomi/keuangan/18/03/17/p5qsy9377-bank-desa-membuka-loket
republika   nyctw732        https://republika.co.id/berita/koran/khazanah-koran/15/11/25/nyctw732-pasar-buku
republika   pn4gua368       https://www.republika.co.id/berita/pendidikan/eduaction/pn4gua368/seragam-tidak-wajib
republika   pq8ytm335       https://nasional.republika.co.id/berita/nasional/politik/pq8ytm335/x
republika   ruuipt2725000   https://fbeta.republika.co.id/berita/ruuipt2725000/cara-menyimpan-beras
republika   sxnasi409       https://news.republika.co.id/berita/sxnasi409/
rmol        331742          http://dunia.rmol.co/read/2018/03/21/331742/Pembuat-Perahu:-Saatnya-Berlayar-
rmol        331721          http://rmol.co/read/2018/03/21/331721/2-Calon-Lurah-Ditetapkan-
rmol        197651          http://www.rmol.co/read/2015/04/01/197651/Lurah:-Jembatan-Tak-Boleh-Ditutup-Atas-Nama-Warga-
rmol        516905          https://politik.rmol.id/read/2021/12/27/516905/warga-memilih-ketua
rmol        591584          https://www.rmol.id/bisnis/read/2023/10/03/591584/pasar-tani-dibuka
suara       bisnis/20211210060455   https://www.suara.com/bisnis/2021/12/10/060455/aplikasi-petani-diunduh-2-juta-kali
suara       entertainment/20210701211333  https://www.suara.com/entertainment/2021/07/01/211333/6-pemain-lenong-di-panggung
suara       jogja/20220414170240    https://jogja.suara.com/amp/read/2022/04/14/170240/pasar-malam?page=2
suara       jateng/20250825071234   https://jateng.suara.com/read/2025/08/25/071234/x
suara       health/20160512202800   https://m.suara.com/health/2016/05/12/202800/suhu-berubah-ubah
suara       bisnis/20260220142450   https://amp.suara.com/bisnis/2026/02/20/142450/gudang-padi-baru
"""
REFUSED = """
islamtimes  foreign_edition  https://www.islamtimes.com/ur/article/1272433/x
islamtimes  foreign_edition  https://www.islamtimes.com/en/news/1285578/dates-arrive
islamtimes  not_an_article   https://www.islamtimes.org/id/gethv-nwm23n-6d.n3t2.html
medcom      video_page       http://m.metrotvnews.com/play/2015/01/22/348382
medcom      video_page       http://video.metrotvnews.com/headline-news/1bV4l9LK-perahu-berlayar
medcom      video_page       https://ramadan.metrotvnews.com/play/KXyCY1pw-perahu-berlayar
medcom      video_page       https://video.medcom.id/kabar/perahu-berlayar
medcom      foreign_edition  https://www.medcom.id/english/national/RkjepA3b-boats-sail
medcom      search_page      https://www.metrotvnews.com/search?query=perahu&page=1
medcom      not_an_article   http://va.metrotvnews.com/mobile/m/2015/default/images/main/logo.png
republika   photo_page       https://visual.republika.co.id/berita/s27rrs491/perahu-di-muara
republika   video_page       https://tv.republika.co.id/berita/s2e42x418/perahu-di-muara
republika   partner_post     https://caricuan.republika.co.id/posts/243686/kebun-di-atap-rumah
republika   partner_post     https://dunia24jam.republika.co.id/posts/263589/kebun-di-atap-rumah
republika   partner_post     https://boyanesia.republika.co.id/news/1644509005/kebun-di-pulau
republika   partner_post     https://digitaldonat.republika.co.id/digicafe/1754509180/kebun-di-pulau
republika   foreign_site     https://www.republika.id/posts/46362/kebun-di-atap-rumah
republika   foreign_edition  https://en.republika.co.id/berita/s6y6o7451/360-boats-return
republika   index_page       http://www.republika.co.id/indeks/hot_topic/panen_raya
republika   not_an_article   https://ekonomi.republika.co.id/berita/sxn0ot3
republika   not_an_article   https://ekonomi.republika.co.id/energi
republika   not_an_article   https://www.republika.co.id/rss
republika   not_an_article   https://static.republika.co.id/files/mobile/images/lambang.png?v=60
republika   bad_address      rejabar.republika.co.id/berita/
rmol        photo_page       http://rmol.co/foto/2018/03/17/331032/Perahu-Di-Muara-
rmol        not_an_article   http://www.rmol.co/
rmol        foreign_site     http://www.rmoljabar.com/read/2019/05/18/99863/Perahu-Di-Muara-
suara       partner_post     https://indotnesia.suara.com/read/2023/06/11/151301/kisah-kue-pengantin
suara       author_page      https://www.suara.com/author/1/rina-dewi-lestari
suara       photo_page       https://www.suara.com/foto/2018/03/09/191945/perahu-di-muara
suara       not_an_article   https://www.suara.com/rss/
"""


def table(text: str) -> list[tuple[str, str, str]]:
    return [tuple(line.split()) for line in text.strip().splitlines()]  # type: ignore[misc]


@pytest.mark.parametrize(("site", "key", "url"), table(STORIES))
def test_a_story_has_its_key_in_every_shape_of_its_address(site: str, key: str, url: str) -> None:
    named = sites()[site].identify(url)
    assert isinstance(named, Identity), named
    assert named.key == key


@pytest.mark.parametrize(("site", "reason", "url"), table(REFUSED))
def test_what_is_no_story_has_its_reason(site: str, reason: str, url: str) -> None:
    named = sites()[site].identify(url)
    assert not isinstance(named, Identity), named
    assert named.reason == reason
    assert reason in REASONS
